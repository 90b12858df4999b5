internal import Playbooks
internal import RunEngine
import Values

/// `opsrun help [TOPIC]` and `opsrun completion SHELL`.
enum HelpCommand {
    static func run(_ options: Options, in surroundings: Surroundings) -> ExitCode {
        let width = surroundings.width
        let name = options.operands.joined(separator: " ")
        if name.isEmpty {
            surroundings.output.write(HelpText.overview(width: width))
            return .done
        }
        if let topic = HelpTopic.all.first(where: { $0.name == name }) {
            surroundings.output.write(topic.text(width))
            return .done
        }
        let commands = Registry.commands.filter { $0.name == name || $0.words.first == name }
        if !commands.isEmpty {
            surroundings.output.write(
                commands.map { HelpText.command($0, width: width) }.joined(separator: "\n"))
            return .done
        }
        let known = Registry.commands.map(\.name) + HelpTopic.all.map(\.name)
        let near = NearestName.hint(name, in: known.filter { !$0.isEmpty })
        let topics = HelpTopic.all.map(\.name).joined(separator: ", ")
        surroundings.complain("there is no help about '\(name)'", hint: near ?? "commands, or: \(topics)")
        return .usage
    }

    static func printCompletion(_ options: Options, in surroundings: Surroundings) -> ExitCode {
        guard let shell = options.operands.first.flatMap(CompletionScript.Shell.init(rawValue:)) else { return .usage }
        surroundings.output.write(CompletionScript.text(for: shell))
        return .done
    }
}
