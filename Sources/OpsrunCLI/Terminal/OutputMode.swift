/// How a run is shown, after looking at the terminal.
package enum OutputMode: Sendable, Hashable {
    /// Ansible's look; `live` adds the region that is redrawn in place.
    case human(live: Bool)
    /// One line per change, with a heartbeat.
    case plain
    case json, jsonl, quiet

    package init(_ options: Options, in surroundings: Surroundings) {
        let isLive =
            surroundings.output.isTerminal && !surroundings.isCI && surroundings.environment["TERM"] != "dumb"
        switch options.output {
        case .json: self = .json
        case .jsonl: self = .jsonl
        case .quiet: self = .quiet
        case .human: self = options.quiet ? .quiet : .human(live: isLive)
        case .plain: self = options.quiet ? .quiet : .plain
        case .auto, .table, .wide, .yaml, .name, .markdown, .html, .sarif:
            self = options.quiet ? .quiet : isLive ? .human(live: true) : .plain
        }
    }

    /// Standard output carries a machine's text: people's go to standard error.
    package var isMachine: Bool { self == .json || self == .jsonl }

    /// Nothing is said before the end: the events need not be followed.
    package var saysOnlyTheEnd: Bool { self == .json || self == .quiet }
}
