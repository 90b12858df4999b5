package import Values

/// One command, declared once; see `OptionSpec`.
package struct CommandSpec: Sendable {
    /// A word that is no option.
    package struct Operand: Sendable {
        package var value: ValueSpec
        package var isRequired: Bool
        package var isRepeatable: Bool
        package var summary: String

        package init(_ value: ValueSpec, required: Bool = true, repeatable: Bool = false, _ summary: String) {
            self.value = value
            isRequired = required
            isRepeatable = repeatable
            self.summary = summary
        }

        var usage: String {
            let word = value.choices.isEmpty ? value.name : value.choices.joined(separator: "|")
            let repeated = isRepeatable ? "\(word)…" : word
            return isRequired ? repeated : "[\(repeated)]"
        }
    }

    package struct Example: Sendable {
        /// The words after `opsrun`, as a shell would split them at spaces.
        package var line: String
        package var meaning: String

        package init(_ line: String, _ meaning: String) {
            self.line = line
            self.meaning = meaning
        }
    }

    package enum Verb: String, Sendable, CaseIterable {
        case run, plan, show, diff, apply, approve, resume, resolve, cancel, runs, status, report, lint, explain,
            inventory,
            simulate,
            help, completion
        case auditVerify = "audit verify"
        case auditShow = "audit show"
        case lockShow = "lock show"
        case lockBreak = "lock break"
        case auditCheckpoint = "audit checkpoint"
        case cluster, brokers, topics, topic, groups, group, configs, acls, quotas, users, reassignments, transactions
        case health
        case logDirs = "log-dirs"
    }

    /// Empty for the default command, which a playbook's name calls.
    package var name: String
    package var verb: Verb
    package var summary: String
    package var details: String
    package var operands: [Operand]
    package var options: [OptionSpec]
    package var examples: [Example]
    /// The fields of `--output json` and `yaml`; nil where help has no page for them.
    package var document: RecordType?

    package init(
        _ name: String, _ verb: Verb, _ summary: String, details: String = "", operands: [Operand] = [],
        options: [OptionSpec] = [], examples: [Example], document: RecordType? = nil
    ) {
        self.name = name
        self.verb = verb
        self.summary = summary
        self.details = details
        self.operands = operands
        self.options = options
        self.examples = examples
        self.document = document
    }

    /// `opsrun plan PLAYBOOK [options]`.
    package var usage: String {
        (["opsrun", name].filter { !$0.isEmpty } + operands.map(\.usage) + ["[options]"]).joined(separator: " ")
    }

    /// The words of its name: `audit verify` has two.
    package var words: [String] { name.split(separator: " ").map(String.init) }

    /// With the options that every command has.
    package var allOptions: [OptionSpec] { options + Registry.everywhere }
}
