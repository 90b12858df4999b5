internal import EventLoop
internal import RunEngine

// `--break-glass`: said first, and confirmed by the name of the cluster.
extension RunCommand {
    /// Before anything else, where people read; the machine forms have it in their first event and as the first member of their
    /// document.
    func sayBrokenGlass() {
        guard let reason = options.breakGlass else { return }
        let line = BreakGlassText.line(reason, surroundings.user)
        switch mode {
        case .human, .plain:
            let style = surroundings.style(options.color, for: surroundings.output)
            surroundings.output.write(style(.bad, line) + "\n")
        case .json, .jsonl, .quiet:
            surroundings.messages.write(
                surroundings.style(options.color, for: surroundings.messages)(.bad, line) + "\n")
        }
    }

    /// Nil: the names of the clusters that the plan may change were given in full; nothing else is asked then.
    func confirmBreakGlass(_ plan: Plan, _ stopper: Stopper) async -> ExitCode? {
        let name = plan.clusters.map(\.name).sorted().joined(separator: ",")
        guard !name.isEmpty else {
            surroundings.complain(
                "--break-glass is for a run that changes a cluster, and this one names none", color: options.color)
            return .refused
        }
        let outcome = await NameConfirmation(options, surroundings).ask(
            for: name, "This overrides window, approvals and locks.", stopper)
        if let code = stoppedCode(stopper) { return code }
        return outcome ? nil : .refused
    }
}

/// The name of a cluster, typed in full by a person or given by `--confirm`.
struct NameConfirmation: Sendable {
    private let options: Options
    private let surroundings: Surroundings

    init(_ options: Options, _ surroundings: Surroundings) {
        self.options = options
        self.surroundings = surroundings
    }

    /// False: it was not given, and why not has been said.
    func ask(for name: String, _ what: String, _ stopper: Stopper) async -> Bool {
        if let given = options.confirm {
            if given == name { return true }
            surroundings.complain("--confirm says '\(given)', and the cluster is '\(name)'", color: options.color)
            return false
        }
        guard surroundings.canAsk(options) else {
            surroundings.complain(
                "nobody can be asked here for the name of the cluster", hint: "give it by --confirm \(name)",
                color: options.color)
            return false
        }
        let prompt = Prompt(surroundings)
        let typed = await stopper.interrupting {
            await prompt.ask("\n\(what)\nType \(SafeText.escape(name)) to go on: ")
        }
        if typed == name { return true }
        if !stopper.isStopping { surroundings.messages.write("not done: the name was not typed\n") }
        return false
    }
}
