internal import RunEngine

/// Pages of `opsrun help` that are about no single command.
package struct HelpTopic: Sendable {
    package var name: String
    package var summary: String
    package var text: @Sendable (_ width: Int) -> String

    package static let all: [HelpTopic] = [
        HelpTopic(name: "exit-codes", summary: "what each exit code means") { exitCodes(width: $0) },
        HelpTopic(name: "environment", summary: "variables that are read") { environment(width: $0) },
        HelpTopic(name: "files", summary: "where things are kept") { files(width: $0) },
        HelpTopic(name: "man", summary: "the manual page, for man(1)") { _ in ManualPage.text() },
    ]

    package static func exitCodes(width: Int) -> String {
        var text = "Exit codes say who must act. They are stable; an unknown code is a failure.\n\n"
        for code in ExitCode.allCases {
            let number = TextLayout.pad("\(code.rawValue)", 5)
            let body = TextLayout.wrap("\(code.meaning). \(code.nextAction)", width: width - 7)
            text += "  \(number)" + body.split(separator: "\n").joined(separator: "\n       ") + "\n"
        }
        let order = ExitCode.bySeverity.map { "\($0.rawValue)" }.joined(separator: " ")
        return text + "\nWith several reasons the most serious wins: \(order).\n"
    }

    static let variables: [(name: String, meaning: String)] = [
        ("OPSRUN_INVENTORY", "the inventory, when -i is not given"),
        ("XDG_STATE_HOME", "runs and audit logs are kept in its folder opsrun (default ~/.local/state)"),
        ("NO_COLOR", "set and not empty: no colour"),
        ("CLICOLOR_FORCE", "set and not 0: colour, also into a file"),
        ("TERM", "dumb: no colour and no live region"),
        ("CI", "set and not false: plain output, no question is asked; set to false: as outside of CI"),
        ("COLUMNS", "the width to write for, where the terminal does not tell"),
    ]

    private static func environment(width: Int) -> String {
        "Options win over variables.\n\n"
            + variables.map { name, meaning in
                "  \(TextLayout.pad(name, 18))"
                    + TextLayout.wrap(meaning, width: max(20, width - 20)).split(separator: "\n")
                    .joined(separator: "\n" + String(repeating: " ", count: 20)) + "\n"
            }.joined()
    }

    private static func files(width: Int) -> String {
        TextLayout.wrap(
            """
            A run is a folder, $XDG_STATE_HOME/opsrun/runs/RUN: plan.json, journal.jsonl, sources/, output/, and at its end \
            report.html and report.md. The journal is JSON lines and can be read with less and jq. The audit log \
            is one file per cluster, $XDG_STATE_HOME/opsrun/audit/CLUSTER.jsonl; each line carries the hash of the one before, and the last \
            entry of a run seals its journal. opsrun audit verify checks both.
            """, width: width) + "\n\n"
            + TextLayout.wrap(
                """
                Playbooks that come with opsrun are in share/opsrun/playbooks beside the folder of the program; they are \
                found by name.
                """, width: width) + "\n"
    }
}
