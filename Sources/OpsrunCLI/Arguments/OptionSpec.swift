/// One option of the command line, declared once: parsing, help, suggestions, completions and the man page read it here.
package struct OptionSpec: Sendable {
    /// Without the dashes: `inventory`.
    package var name: String
    package var short: Character?
    /// Nil for a flag.
    package var value: ValueSpec?
    package var isRepeatable: Bool
    /// One line without a final dot.
    package var summary: String
    /// More for the man page and `help`; may be empty.
    package var details: String
    /// Where it lands.
    package var apply: @Sendable (inout Options, String) throws(UsageError) -> Void

    package init(
        _ name: String, short: Character? = nil, value: ValueSpec? = nil, isRepeatable: Bool = false,
        _ summary: String, details: String = "",
        apply: @escaping @Sendable (inout Options, String) throws(UsageError) -> Void
    ) {
        self.name = name
        self.short = short
        self.value = value
        self.isRepeatable = isRepeatable
        self.summary = summary
        self.details = details
        self.apply = apply
    }

    /// A flag that sets one field.
    static func flag(
        _ name: String, short: Character? = nil, _ summary: String, details: String = "",
        _ field: any WritableKeyPath<Options, Bool> & Sendable
    ) -> OptionSpec {
        OptionSpec(name, short: short, summary, details: details) { (options, _) throws(UsageError) in
            options[keyPath: field] = true
        }
    }

    /// An option whose text lands in one field.
    static func text(
        _ name: String, short: Character? = nil, _ value: ValueSpec, _ summary: String, details: String = "",
        _ field: any WritableKeyPath<Options, String?> & Sendable
    ) -> OptionSpec {
        OptionSpec(name, short: short, value: value, summary, details: details) { (options, text) throws(UsageError) in
            options[keyPath: field] = text
        }
    }

    /// A repeatable option, each value kept in order.
    static func list(
        _ name: String, short: Character? = nil, _ value: ValueSpec, _ summary: String, details: String = "",
        _ field: any WritableKeyPath<Options, [String]> & Sendable
    ) -> OptionSpec {
        OptionSpec(name, short: short, value: value, isRepeatable: true, summary, details: details) {
            (options, text) throws(UsageError) in options[keyPath: field].append(text)
        }
    }

    /// As help shows it: `-i, --inventory FILE`.
    package var spelling: String {
        let dashes = short.map { "-\($0), --\(name)" } ?? "    --\(name)"
        return dashes + (value.map { " \($0.name)" } ?? "")
    }
}

/// The value of an option, or a word of a command.
package struct ValueSpec: Sendable {
    /// What completing it offers.
    package enum Completion: Sendable, Hashable {
        case none
        case words([String])
        case files
        case directories
        /// `.yml` and `.yaml` files, and directories on the way to them.
        case yaml
    }

    /// In capitals, for help.
    package var name: String
    /// The only allowed texts; empty for any.
    package var choices: [String]
    package var completion: Completion

    package init(_ name: String, choices: [String] = [], _ completion: Completion = .none) {
        self.name = name
        self.choices = choices
        self.completion = choices.isEmpty ? completion : .words(choices)
    }
}
