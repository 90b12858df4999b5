internal import Playbooks
import Values

/// Words to a command with its options. Pure: what it needs to know of the world (is this word a playbook?) is passed in.
package struct ArgumentParser: Sendable {
    package struct Invocation: Sendable {
        package var command: CommandSpec
        package var options: Options
    }

    /// True for a word that names a playbook, as a file or among those that come with opsrun.
    private let isPlaybook: @Sendable (String) -> Bool
    /// Names of playbooks for "did you mean".
    private let playbookNames: @Sendable () -> [String]
    /// Which playbook a word may have meant.
    private let suggestion: @Sendable (String) -> String?

    package init(
        isPlaybook: @escaping @Sendable (String) -> Bool, playbookNames: @escaping @Sendable () -> [String] = { [] },
        suggestion: @escaping @Sendable (String) -> String? = { _ in nil }
    ) {
        self.isPlaybook = isPlaybook
        self.playbookNames = playbookNames
        self.suggestion = suggestion
    }

    /// 1. Find the command: the first word that is no option, or a default when there is none.
    /// 2. Read options and operands by that command's declaration.
    /// 3. Check the operands against it.
    package func parse(_ arguments: [String]) throws(UsageError) -> Invocation {
        let (command, positions) = try findCommand(arguments)
        var words = arguments
        for position in positions.reversed() { words.remove(at: position) }
        var options = Options()
        try read(words, for: command, into: &options)
        if !options.help && !options.version { try checkOperands(of: command, options.operands) }
        return Invocation(command: command, options: options)
    }

    // MARK: The command

    private func findCommand(_ arguments: [String]) throws(UsageError) -> (CommandSpec, [Int]) {
        let plain = positionsOfPlainWords(arguments)
        guard let first = plain.first else { return (Registry.run, []) }
        let word = arguments[first]
        let candidates = Registry.commands.filter { $0.words.first == word }
        if let command = candidates.first(where: { $0.words.count == 1 }) { return (command, [first]) }
        if !candidates.isEmpty {
            let choices = candidates.compactMap { $0.words.last }
            guard plain.count > 1 else {
                if asksForHelp(arguments), let command = candidates.first { return (command, [first]) }
                throw UsageError("opsrun \(word) wants one of: \(choices.joined(separator: ", "))")
            }
            let second = arguments[plain[1]]
            if let command = candidates.first(where: { $0.words.last == second }) {
                return (command, [first, plain[1]])
            }
            throw unknown("opsrun \(word) knows no '\(second)'", second, choices, choices)
        }
        if looksLikePath(word) || isPlaybook(word) { return (Registry.run, []) }
        let names = Registry.commands.compactMap { $0.words.first }
        throw unknown(
            "'\(word)' is neither a command nor a playbook", word, names + playbookNames(),
            Array(names.filter { !$0.isEmpty }))
    }

    private func asksForHelp(_ arguments: [String]) -> Bool { arguments.contains { $0 == "--help" || $0 == "-h" } }

    /// A word with a slash or a YAML ending is meant as a file, whether it exists or not.
    private func looksLikePath(_ word: String) -> Bool {
        word.contains("/") || word.hasSuffix(".yml") || word.hasSuffix(".yaml")
    }

    private func unknown(
        _ message: String, _ word: String, _ known: [String], _ shown: [String]
    ) -> UsageError {
        if let hint = NearestName.hint(word, in: known.filter { !$0.isEmpty }) ?? suggestion(word) {
            return UsageError(message, hint: hint)
        }
        var seen = Set<String>()
        return UsageError(
            message, hint: "commands: " + shown.filter { seen.insert($0).inserted }.joined(separator: ", "))
    }

    /// Options may stand before the command, so the values they take must be known to be skipped.
    private func positionsOfPlainWords(_ arguments: [String]) -> [Int] {
        let options = Registry.allOptions
        var positions: [Int] = []
        var index = 0
        while index < arguments.count {
            let word = arguments[index]
            if word == "--" {
                positions += (index + 1)..<arguments.count
                return positions
            }
            if !word.hasPrefix("-") || word == "-" {
                positions.append(index)
            } else if word.hasPrefix("--") {
                let takesValue = options.first { "--" + $0.name == word }?.value != nil
                if takesValue { index += 1 }
            } else {
                // -CDi FILE: the value is the next word when the letter that takes it is the last.
                let letters = Array(word.dropFirst())
                if let place = letters.firstIndex(where: { letter in
                    options.first { $0.short == letter }?.value != nil
                }), place == letters.count - 1 {
                    index += 1
                }
            }
            index += 1
        }
        return positions
    }

    // MARK: Options

    private func read(_ words: [String], for command: CommandSpec, into options: inout Options) throws(UsageError) {
        var seen = Set<String>()
        var index = 0
        while index < words.count {
            let word = words[index]
            index += 1
            if word == "--" {
                options.operands += words[index...]
                return
            } else if word.hasPrefix("--") {
                let body = word.dropFirst(2)
                let name = String(body.prefix { $0 != "=" })
                let attached = body.count > name.count ? String(body.dropFirst(name.count + 1)) : nil
                guard let option = command.allOptions.first(where: { $0.name == name }) else {
                    throw unknownOption("--" + name, command)
                }
                try take(option, "--" + name, attached, words, &index, &seen, &options)
            } else if word.hasPrefix("-"), word != "-" {
                var letters = Substring(word.dropFirst())
                while let letter = letters.popFirst() {
                    guard let option = command.allOptions.first(where: { $0.short == letter }) else {
                        throw unknownOption("-\(letter)", command)
                    }
                    var attached: String?
                    if option.value != nil, !letters.isEmpty {
                        attached = String(letters.first == "=" ? letters.dropFirst() : letters)
                        letters = ""
                    }
                    try take(option, "-\(letter)", attached, words, &index, &seen, &options)
                }
            } else {
                options.operands.append(word)
            }
        }
    }

    private func take(
        _ option: OptionSpec, _ spelling: String, _ attached: String?, _ words: [String], _ index: inout Int,
        _ seen: inout Set<String>, _ options: inout Options
    ) throws(UsageError) {
        guard seen.insert(option.name).inserted || option.isRepeatable || option.value == nil else {
            throw UsageError("\(spelling) is given twice")
        }
        guard let value = option.value else {
            if attached != nil { throw UsageError("\(spelling) takes no value") }
            return try option.apply(&options, "")
        }
        var text = attached
        if text == nil, index < words.count {
            text = words[index]
            index += 1
        }
        guard let text else { throw UsageError("\(spelling) wants a value: \(value.name)") }
        if !value.choices.isEmpty, !value.choices.contains(text) {
            let near = NearestName.hint(text, in: value.choices)
            throw UsageError(
                "\(spelling) knows no '\(text)'", hint: near ?? "one of: \(value.choices.joined(separator: ", "))")
        }
        try option.apply(&options, text)
    }

    private func unknownOption(_ spelling: String, _ command: CommandSpec) -> UsageError {
        let here = command.name.isEmpty ? "opsrun" : "opsrun \(command.name)"
        if spelling.hasPrefix("--"),
            let hint = NearestName.hint(spelling, in: command.allOptions.map { "--" + $0.name })
        {
            return UsageError("\(here) knows no option \(spelling)", hint: hint)
        }
        let elsewhere = Registry.commands.first { other in
            other.options.contains { "--" + $0.name == spelling || $0.short.map { "-\($0)" } == spelling }
        }
        let hint = elsewhere.map { other in
            other.name.isEmpty
                ? "that is an option of running a playbook" : "that is an option of opsrun \(other.name)"
        }
        return UsageError("\(here) knows no option \(spelling)", hint: hint)
    }

    // MARK: Operands

    private func checkOperands(of command: CommandSpec, _ words: [String]) throws(UsageError) {
        let here = command.name.isEmpty ? "opsrun" : "opsrun \(command.name)"
        let required = command.operands.filter(\.isRequired)
        if words.count < required.count {
            throw UsageError(
                "\(here) wants \(required[words.count].summary)", hint: "usage: \(command.usage)")
        }
        let isOpen = command.operands.last?.isRepeatable ?? false
        if words.count > command.operands.count, !isOpen {
            throw UsageError(
                "\(here) takes \(countText(command.operands.count)), '\(words[command.operands.count])' is one too many",
                hint: "usage: \(command.usage)")
        }
        for (operand, word) in zip(command.operands, words)
        where !operand.value.choices.isEmpty && !operand.value.choices.contains(word) {
            let choices = operand.value.choices
            let near = NearestName.hint(word, in: choices)
            throw UsageError(
                "\(here) knows no '\(word)'", hint: near ?? "one of: \(choices.joined(separator: ", "))")
        }
    }

    private func countText(_ count: Int) -> String {
        count == 0 ? "no words" : count == 1 ? "one word" : "\(count) words"
    }
}
