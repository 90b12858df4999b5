package import Values

/// The commands that a CI system reads in the output of a job: groups that fold, annotations, the fence around what others
/// wrote. Their texts are escaped as each system wants it.
package struct LogCommands: Sendable {
    package let system: ContinuousIntegration.System

    package init(_ system: ContinuousIntegration.System) { self.system = system }

    // MARK: The fence

    /// A word that nobody who printed something could know.
    package static func token() -> String {
        (0..<4).map { _ in String(UInt32.random(in: 0x1000_0000 ... .max), radix: 16) }.joined()
    }

    /// Up to `endFence` GitHub reads no command at all; the others have no such thing, `CommandFence` has to do.
    package func beginFence(_ token: String) -> String { system == .github ? "::stop-commands::\(token)\n" : "" }
    package func endFence(_ token: String) -> String { system == .github ? "::\(token)::\n" : "" }

    // MARK: Groups

    /// `number` tells the groups of a job apart.
    package func beginGroup(_ title: String, number: Int, at time: Timestamp) -> String {
        let title = CommandFence(.text, system: system).apply(SafeText.escape(title))
        switch system {
        case .github: return "::group::\(Self.data(title))\n"
        case .azure: return "##[group]\(title)\n"
        case .buildkite: return "--- \(title)\n"
        case .gitlab:
            let mark = "section_start:\(time.milliseconds / 1000):\(Self.section(number))"
            return "\u{1B}[0K\(mark)\r\u{1B}[0K\(title)\n"
        case .jenkins, .other: return ""
        }
    }

    package func endGroup(number: Int, at time: Timestamp) -> String {
        switch system {
        case .github: "::endgroup::\n"
        case .azure: "##[endgroup]\n"
        case .gitlab: "\u{1B}[0Ksection_end:\(time.milliseconds / 1000):\(Self.section(number))\r\u{1B}[0K\n"
        // A header ends the one before; the last one opens again by itself where the job failed.
        case .buildkite, .jenkins, .other: ""
        }
    }

    private static func section(_ number: Int) -> String { "opsrun_\(number)" }

    // MARK: Annotations

    /// Annotations that GitHub shows of one step; more are dropped without a word (measured by others: community #68471).
    static let shownAnnotations = 9
    private static let longestMessage = 2000

    /// The worst ones, and how many there are besides.
    package func annotations(_ all: [Annotation]) -> String {
        guard system == .github || system == .azure, !all.isEmpty else { return "" }
        let sorted = all.enumerated().sorted { left, right in
            (left.element.severity.rank, left.offset) < (right.element.severity.rank, right.offset)
        }.map(\.element)
        var text = sorted.prefix(Self.shownAnnotations).map(one).joined()
        let rest = sorted.dropFirst(Self.shownAnnotations)
        if let next = rest.first {
            text += one(Annotation(next.severity, title: "opsrun", message: "\(rest.count) more in the summary"))
        }
        return text
    }

    private func one(_ annotation: Annotation) -> String {
        let message = SafeText.escape(String(annotation.message.prefix(Self.longestMessage)), keepLines: true)
        let title = SafeText.escape(annotation.title)
        var properties: [(String, String)] = []
        if system == .azure {
            properties.append(("type", annotation.severity == .error ? "error" : "warning"))
            if let file = annotation.file { properties.append(("sourcepath", SafeText.escape(file))) }
            if let line = annotation.line { properties.append(("linenumber", "\(line)")) }
            if let column = annotation.column { properties.append(("columnnumber", "\(column)")) }
            let text = properties.map { "\($0.0)=\(Self.azureProperty($0.1))" }.joined(separator: ";")
            return "##vso[task.logissue \(text)]\(Self.azureData(message))\n"
        }
        if let file = annotation.file { properties.append(("file", SafeText.escape(file))) }
        if let line = annotation.line { properties.append(("line", "\(line)")) }
        if let line = annotation.endLine { properties.append(("endLine", "\(line)")) }
        if let column = annotation.column { properties.append(("col", "\(column)")) }
        if let column = annotation.endColumn { properties.append(("endColumn", "\(column)")) }
        properties.append(("title", title))
        let text = properties.map { "\($0.0)=\(Self.property($0.1))" }.joined(separator: ",")
        return "::\(annotation.severity.rawValue) \(text)::\(Self.data(message))\n"
    }

    /// Scalar by scalar: a joiner behind a mark makes another character of it, and no other mark.
    private static func replaced(_ text: String, _ table: [Unicode.Scalar: String]) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if let word = table[scalar] { result += word.unicodeScalars } else { result.append(scalar) }
        }
        return String(result)
    }

    // As the toolkit of GitHub Actions writes them.
    private static func data(_ text: String) -> String {
        replaced(text, ["%": "%25", "\r": "%0D", "\n": "%0A"])
    }

    private static func property(_ text: String) -> String {
        replaced(text, ["%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"])
    }

    // As the agent of Azure Pipelines reads them.
    private static func azureData(_ text: String) -> String {
        replaced(text, ["%": "%AZP25", "\r": "%0D", "\n": "%0A"])
    }

    private static func azureProperty(_ text: String) -> String {
        replaced(text, ["%": "%AZP25", "\r": "%0D", "\n": "%0A", ";": "%3B", "]": "%5D"])
    }
}
