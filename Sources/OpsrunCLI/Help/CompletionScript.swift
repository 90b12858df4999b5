/// Completion scripts for the three shells, made from the registry. They are static: completing starts no program.
package enum CompletionScript {
    package enum Shell: String, Sendable, CaseIterable { case bash, zsh, fish }

    package static func text(for shell: Shell) -> String {
        switch shell {
        case .bash: bash()
        case .zsh: zsh()
        case .fish: fish()
        }
    }

    private static var commandWords: [String] {
        var seen = Set<String>()
        return Registry.commands.compactMap { $0.words.first }.filter { seen.insert($0).inserted }
    }

    private static func dashed(_ option: OptionSpec) -> [String] {
        (option.short.map { ["-\($0)"] } ?? []) + ["--\(option.name)"]
    }

    /// The second words of `audit`, or the choices and topics of a command's operand.
    private static func words(for command: String) -> [String] {
        let nested = Registry.commands.filter { $0.words.count == 2 && $0.words.first == command }
        if !nested.isEmpty { return nested.compactMap { $0.words.last } }
        if command == "help" { return commandWords + HelpTopic.all.map(\.name) }
        guard let spec = Registry.commands.first(where: { $0.name == command }) else { return [] }
        return spec.operands.flatMap(\.value.choices)
    }

    private static func options(for command: String) -> [OptionSpec] {
        var seen = Set<String>()
        return Registry.commands.filter { $0.words.first == command || (command.isEmpty && $0.name.isEmpty) }
            .flatMap(\.allOptions).filter { seen.insert($0.name).inserted }
    }

    private static func takesFiles(_ command: String) -> Bool {
        Registry.commands.contains { spec in
            (spec.words.first ?? "") == command && spec.operands.contains { $0.value.completion == .yaml }
        }
    }

    // MARK: bash

    private static func bash() -> String {
        var script = """
            # bash completion for opsrun
            _opsrun() {
                local current="${COMP_WORDS[COMP_CWORD]}" previous="" command="" word index
                [ "$COMP_CWORD" -gt 0 ] && previous="${COMP_WORDS[COMP_CWORD-1]}"
                COMPREPLY=()
                for ((index = 1; index < COMP_CWORD; index++)); do
                    word="${COMP_WORDS[index]}"
                    case "$word" in
                        \(commandWords.joined(separator: "|"))) command="$word"; break ;;
                    esac
                done
                case "$previous" in

            """
        for option in Registry.allOptions {
            guard let value = option.value else { continue }
            let reply =
                switch value.completion {
                case .none: ":"
                case .words(let words): "COMPREPLY=($(compgen -W \"\(words.joined(separator: " "))\" -- \"$current\"))"
                case .files, .yaml: "COMPREPLY=($(compgen -f -- \"$current\"))"
                case .directories: "COMPREPLY=($(compgen -d -- \"$current\"))"
                }
            // Modes of --output differ by command: offered below.
            guard option.name != "output" else { continue }
            script += "        \(dashed(option).joined(separator: "|"))) \(reply); return ;;\n"
        }
        script += "        --output)\n            case \"$command\" in\n"
        for command in [""] + commandWords {
            guard let choices = options(for: command).first(where: { $0.name == "output" })?.value?.choices else {
                continue
            }
            let pattern = command.isEmpty ? "''" : command
            script += "                \(pattern)) COMPREPLY=($(compgen -W \"\(choices.joined(separator: " "))\""
            script += " -- \"$current\")) ;;\n"
        }
        script += "            esac\n            return ;;\n    esac\n    local options=\"\" words=\"\" files=\"\"\n"
        script += "    case \"$command\" in\n"
        for command in [""] + commandWords {
            let pattern = command.isEmpty ? "''" : command
            let names = options(for: command).flatMap(dashed).joined(separator: " ")
            let words = command.isEmpty ? commandWords : words(for: command)
            script += "        \(pattern)) options=\"\(names)\" words=\"\(words.joined(separator: " "))\""
            script += takesFiles(command) ? " files=yes ;;\n" : " ;;\n"
        }
        script += """
                esac
                case "$current" in
                    -*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;
                    *)
                        COMPREPLY=($(compgen -W "$words" -- "$current"))
                        [ -n "$files" ] && COMPREPLY+=($(compgen -f -- "$current"))
                        ;;
                esac
            }
            complete -o filenames -F _opsrun opsrun

            """
        return script
    }

    // MARK: zsh

    private static func zsh() -> String {
        var script = """
            #compdef opsrun
            # zsh completion for opsrun
            _opsrun() {
                local context state line command
                local -a commands
                commands=(

            """
        for word in commandWords {
            let summary = Registry.commands.first { $0.words.first == word }?.summary ?? ""
            script += "        \(quoted("\(word):\(summary)"))\n"
        }
        script += """
                )
                for word in ${words[2,CURRENT-1]}; do
                    if (( ${commands[(I)${word}:*]} )); then command=$word; break; fi
                done
                case $command in

            """
        for command in commandWords + [""] {
            script += command.isEmpty ? "        *)\n" : "        \(command))\n"
            script += "            _arguments -s -S"
            for option in options(for: command) { script += " \\\n                " + zshOption(option) }
            if command.isEmpty {
                script += " \\\n                '1: :->first' '*:file:_files'\n"
                script += "            if [[ $state == first ]]; then\n"
                script += "                _describe -t commands command commands\n"
                script += "                _files -g '*.(yml|yaml)'\n            fi\n"
            } else {
                let words = words(for: command)
                let action =
                    !words.isEmpty
                    ? ":word:(\(([command] + words).joined(separator: " ")))"
                    : takesFiles(command) ? ":file:_files" : ":word:"
                script += " \\\n                \(quoted("*" + action))\n"
            }
            script += "            ;;\n"
        }
        return script + """
                esac
            }
            if [ "$funcstack[1]" = "_opsrun" ]; then _opsrun "$@"; else compdef _opsrun opsrun; fi

            """
    }

    private static func zshOption(_ option: OptionSpec) -> String {
        let names = dashed(option)
        let star = option.isRepeatable ? "*" : ""
        let summary = option.summary.filter { $0 != "[" && $0 != "]" }.map { $0 == ":" ? "\\:" : String($0) }.joined()
        var value = ""
        if let spec = option.value {
            let action =
                switch spec.completion {
                case .none: ""
                case .words(let words): "(\(words.joined(separator: " ")))"
                case .files: "_files"
                case .yaml: "_files -g \"*.(yml|yaml)(-.) *(-/)\""
                case .directories: "_files -/"
                }
            value = ":\(option.name):\(action)"
        }
        return names.map { quoted("\(star)\($0)[\(summary)]\(value)") }.joined(separator: " ")
    }

    // MARK: fish

    private static func fish() -> String {
        var script = "# fish completion for opsrun\ncomplete -c opsrun -f\n"
        let noCommand = "not __fish_seen_subcommand_from \(commandWords.joined(separator: " "))"
        for word in commandWords {
            let summary = Registry.commands.first { $0.words.first == word }?.summary ?? ""
            script += "complete -c opsrun -n \(quoted(noCommand)) -a \(word) -d \(quoted(summary))\n"
        }
        for command in [""] + commandWords {
            let condition = quoted(command.isEmpty ? noCommand : "__fish_seen_subcommand_from \(command)")
            if takesFiles(command) { script += "complete -c opsrun -n \(condition) -F\n" }
            let words = command.isEmpty ? [] : words(for: command)
            if !words.isEmpty {
                script += "complete -c opsrun -n \(condition) -a \(quoted(words.joined(separator: " ")))\n"
            }
            for option in options(for: command) {
                script +=
                    "complete -c opsrun -n \(condition)\(option.short.map { " -s \($0)" } ?? "") -l \(option.name)"
                switch option.value?.completion {
                case nil: break
                case .some(.none): script += " -x"
                case .words(let words): script += " -x -a \(quoted(words.joined(separator: " ")))"
                case .files, .yaml: script += " -r -F"
                case .directories: script += " -x -a '(__fish_complete_directories)'"
                }
                script += " -d \(quoted(option.summary))\n"
            }
        }
        return script
    }

    /// In single quotes, for all three shells.
    private static func quoted(_ text: String) -> String {
        "'" + text.map { $0 == "'" ? "'\\''" : String($0) }.joined() + "'"
    }
}
