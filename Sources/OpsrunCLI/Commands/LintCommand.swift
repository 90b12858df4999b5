internal import EventLoop
internal import Playbooks
internal import RunEngine
internal import Values

/// `opsrun lint FILE…`: every problem of every file; contacts nothing.
enum LintCommand {
    static func run(_ options: Options, catalog: Catalog, in surroundings: Surroundings) -> ExitCode {
        let paths = ProjectPaths(surroundings)
        let loader = ProjectLoader(paths: paths, catalog: catalog)
        var problems: [Diagnostic] = []
        for word in options.operands { problems += loader.lint(paths.playbook(word) ?? word, options) }
        problems = DiagnosticView.sorted(problems)
        let isFailure = problems.contains { $0.severity == .error || options.strict }
        let files = options.operands.count == 1 ? "1 file" : "\(options.operands.count) files"
        switch options.output {
        case .json: surroundings.output.write(JSON.text(DiagnosticView.json(problems), pretty: true) + "\n")
        case .sarif:
            let log = SARIFLog.value(problems, paths: CheckoutPaths(surroundings))
            surroundings.output.write(JSON.text(log, pretty: true) + "\n")
        case .jsonl: surroundings.output.write(DiagnosticView.jsonLines(problems))
        case .plain: surroundings.output.write(view(options, surroundings, surroundings.output).plain(problems))
        default: surroundings.output.write(view(options, surroundings, surroundings.output).text(problems))
        }
        JobReport(surroundings).tell(problems, title: "opsrun lint: \(files)")
        if ![.json, .jsonl, .sarif].contains(options.output), !options.quiet {
            let summary = DiagnosticView.summary(problems)
            surroundings.messages.write(summary.isEmpty ? "\(files): no problems\n" : "\(files): \(summary)\n")
        }
        return isFailure ? .invalid : .done
    }

    static func view(_ options: Options, _ surroundings: Surroundings, _ stream: Surroundings.Stream) -> DiagnosticView
    {
        DiagnosticView(style: surroundings.style(options.color, for: stream), width: surroundings.width) { path in
            (try? Files.read(path, limit: YAMLParser.maximumBytes)).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// Problems on the message stream, for commands whose result is something else; for `--output json` as a document too.
    static func report(_ invalid: InvalidSource, _ options: Options, in surroundings: Surroundings) -> ExitCode {
        if options.output == .json {
            surroundings.output.write(JSON.text(DiagnosticView.json(invalid.diagnostics), pretty: true) + "\n")
        }
        explain(invalid, options, in: surroundings)
        return .invalid
    }

    /// Problems on the message stream, then how many and, where something was to be run, that nothing was.
    static func explain(
        _ invalid: InvalidSource, _ options: Options, in surroundings: Surroundings, consequence: String? = nil
    ) {
        let text = view(options, surroundings, surroundings.messages).text(invalid.diagnostics)
        let summary = [DiagnosticView.summary(invalid.diagnostics), consequence].compactMap(\.self)
        surroundings.messages.write(text + "\n\(summary.joined(separator: "; "))\n")
    }
}
