internal import RunEngine

/// The manual page as roff, for man(1): `opsrun help man > opsrun.1`.
package enum ManualPage {
    package static func text() -> String {
        var page = ".TH OPSRUN 1 \"\" \"\(OpsrunVersion.line)\" \"User Commands\"\n"
        page += ".SH NAME\nopsrun \\- run operations on Apache Kafka from playbooks\n.SH SYNOPSIS\n"
        for command in Registry.commands { page += ".B opsrun\n\(escape(String(command.usage.dropFirst(7))))\n.br\n" }
        page += ".SH COMMANDS\n"
        for command in Registry.commands {
            page += ".SS \"\(escape(command.name.isEmpty ? "opsrun PLAYBOOK" : "opsrun " + command.name))\"\n"
            page += escape(command.summary + ". " + command.details) + "\n"
            for operand in command.operands { page += entry(operand.value.name, operand.summary) }
            for option in command.options { page += entry(option.spelling, optionText(option)) }
            if command.document != nil {
                page += entry("Fields of --output json and yaml", "are listed by opsrun help \(command.name).")
            }
            for example in command.examples { page += entry("opsrun " + example.line, example.meaning) }
        }
        page += ".SH OPTIONS OF EVERY COMMAND\n"
        for option in Registry.everywhere { page += entry(option.spelling, optionText(option)) }
        page += ".SH EXIT STATUS\n"
        for code in ExitCode.allCases { page += entry("\(code.rawValue)", code.meaning + ". " + code.nextAction) }
        page += ".SH ENVIRONMENT\n"
        for (name, meaning) in HelpTopic.variables { page += entry(name, meaning) }
        return page
    }

    private static func optionText(_ option: OptionSpec) -> String {
        var text = option.summary
        if let choices = option.value?.choices, !choices.isEmpty { text += " (\(choices.joined(separator: ", ")))" }
        if option.isRepeatable { text += "; may be repeated" }
        return option.details.isEmpty ? text + "." : "\(text). \(option.details)"
    }

    private static func entry(_ name: String, _ text: String) -> String {
        let name = String(name.drop { $0 == " " })
        return ".TP\n.B \"\(escape(name))\"\n\(escape(text))\n"
    }

    /// Dashes stay dashes, quotes and backslashes stay themselves, no line starts with a request.
    private static func escape(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "\"": result += "\\(dq"
            case "…": result += "..."
            case "\n": result += " "
            default: result.append(character)
            }
        }
        return result.hasPrefix(".") || result.hasPrefix("'") ? "\\&" + result : result
    }
}
