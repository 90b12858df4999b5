import Values

extension PlaybookReader {
    /// An action's arguments by its reference: what needs no scope. Nil after a problem was reported.
    ///
    /// `extra` are arguments that stand beside the action (`args`, `creates`).
    func actionCall(
        _ entry: YAMLEntry, _ reference: KnownAction, extra: [YAMLEntry], folder: String
    ) -> ActionCall? {
        var given: [(name: String, span: SourceSpan, node: YAMLNode)] = []
        var isWhole = true
        let value = entry.value
        if let entries = value.entries {
            for item in entries { given.append((item.key, item.keySpan, item.value)) }
            if value.isDamaged { isWhole = false }
        } else if !value.isNull {
            guard let name = reference.shorthand else {
                reportShorthand(entry, reference)
                return nil
            }
            if reportFreeForm(entry, reference) { return nil }
            given.append((name, value.span, value))
        }
        for item in extra { given.append((item.key, item.keySpan, item.value)) }

        var arguments: [(name: Located<String>, value: ValueTemplate)] = []
        var conditions: [(name: String, conditions: [Expression])] = []
        var meant: Set<String> = []
        for (name, span, node) in given {
            guard let parameter = reference.parameter(name) else {
                isWhole = false
                let names = reference.parameters.map(\.name)
                var hint: String?
                if let nearest = NearestName.find(name, in: names) {
                    hint = "did you mean '\(nearest)'?"
                    meant.insert(nearest)
                } else if let keyword = NearestName.find(name, in: TaskKeyword.names) {
                    hint = "'\(keyword)' is a keyword of the task: write it one level up"
                }
                problems.error(
                    "unknown-argument", "\(reference.name) has no argument '\(name)'",
                    hint: hint ?? (names.isEmpty ? "it takes none" : "arguments: " + names.joined(separator: ", ")),
                    at: span)
                continue
            }
            if arguments.contains(where: { $0.name.value == name }) || conditions.contains(where: { $0.name == name }) {
                isWhole = false
                problems.error("duplicate-key", "the argument '\(name)' is given twice", at: span)
                continue
            }
            if parameter.isCondition {
                if let parsed = builder.conditions(node, what: "'\(name)'") {
                    conditions.append((name, parsed))
                } else {
                    isWhole = false
                }
                continue
            }
            guard let template = argument(node, parameter) else {
                isWhole = false
                continue
            }
            arguments.append((Located(name, at: span), template))
        }
        for parameter in reference.parameters where parameter.isRequired {
            guard !given.contains(where: { $0.name == parameter.name }) else { continue }
            isWhole = false
            guard !value.isDamaged, !meant.contains(parameter.name) else { continue }
            problems.error(
                "missing-argument", "\(reference.name) needs the argument '\(parameter.name)' (\(parameter.type))",
                hint: parameter.summary.isEmpty ? nil : parameter.summary, at: entry.keySpan)
        }
        guard isWhole else { return nil }
        return ActionCall(
            name: Located(entry.key, at: entry.keySpan), arguments: arguments, conditions: conditions, folder: folder,
            span: entry.keySpan)
    }

    private func argument(
        _ node: YAMLNode, _ parameter: KnownParameter
    ) -> ValueTemplate? {
        if parameter.isArgv, let text = node.text, !node.isNull { return commandLine(node, text) }
        let template = builder.template(
            node, as: parameter.checkedType, what: "the argument '\(parameter.name)'")
        guard let template, !parameter.oneOf.isEmpty, let value = template.literalValue else { return template }
        for item in value.listValue ?? [value] {
            guard let text = item.stringValue, !parameter.oneOf.contains(text) else { continue }
            problems.error(
                "bad-value", "the argument '\(parameter.name)' cannot be '\(text)'",
                hint: NearestName.hint(text, in: parameter.oneOf) ?? "one of "
                    + parameter.oneOf.joined(separator: ", "),
                at: node.span)
            return nil
        }
        return template
    }

    /// A command written as one text, as words: at blanks outside quotes and `{{ }}`, so that a value with a blank in it stays
    /// one word. There is no shell: what only a shell would read is refused.
    private func commandLine(_ node: YAMLNode, _ text: String) -> ValueTemplate? {
        var words: [String] = []
        var word = ""
        var isOpen = false
        var quote: Unicode.Scalar?
        var braces = 0
        let scalars = Array(text.unicodeScalars)
        var place = 0
        while place < scalars.count {
            let scalar = scalars[place]
            let next = place + 1 < scalars.count ? scalars[place + 1] : nil
            if braces > 0 || (scalar == "{" && next == "{") {
                if scalar == "{" && next == "{" { braces += 1 }
                if scalar == "}" && next == "}" { braces -= 1 }
                let isPair = (scalar == "{" && next == "{") || (scalar == "}" && next == "}")
                word.unicodeScalars.append(scalar)
                if isPair, let next { word.unicodeScalars.append(next) }
                place += isPair ? 2 : 1
                isOpen = true
                continue
            }
            if let open = quote {
                if scalar == open { quote = nil } else { word.unicodeScalars.append(scalar) }
            } else if scalar == "'" || scalar == "\"" {
                quote = scalar
                isOpen = true
            } else if scalar == " " || scalar == "\n" || scalar == "\t" {
                if isOpen { words.append(word) }
                word = ""
                isOpen = false
            } else if scalar == "|" || scalar == "&" || scalar == ";" || scalar == "<" || scalar == ">" || scalar == "`"
            {
                problems.error(
                    "shell-syntax", "'\(scalar)' means something to a shell only, and command runs none",
                    hint: "write shell:, or quote it as text of one word", at: node.span)
                return nil
            } else {
                word.unicodeScalars.append(scalar)
                isOpen = true
            }
            place += 1
        }
        guard quote == nil else {
            problems.error("shell-syntax", "a quote in the command is not closed", at: node.span)
            return nil
        }
        if isOpen { words.append(word) }
        guard !words.isEmpty else {
            problems.error("type-mismatch", "the command is empty", at: node.span)
            return nil
        }
        var items: [ValueTemplate] = []
        for word in words {
            guard !Template.isPlain(word) else {
                items.append(.literal(Located(.string(word), at: node.span)))
                continue
            }
            switch Template.parse(word, at: node.span, mapping: .whole) {
            case .success(let template): items.append(.template(template))
            case .failure(let invalid):
                problems.add(invalid.diagnostics)
                return nil
            }
        }
        return .list(items, at: node.span)
    }

    private func reportShorthand(_ entry: YAMLEntry, _ reference: KnownAction) {
        var hint = "arguments are a map: " + reference.parameters.prefix(4).map(\.name).joined(separator: ", ")
        if reference.parameters.isEmpty { hint = "write \(reference.name): {}" }
        if let text = entry.value.text, Self.isFreeForm(text) {
            problems.error(
                "free-form", "free-form k=v arguments are not read", hint: "write {key: value, …}", at: entry.value.span
            )
            return
        }
        problems.error(
            "type-mismatch", "\(reference.name) takes a map, not \(entry.value.kindDescription)", hint: hint,
            at: entry.value.span)
    }

    /// `command: reload creates=/x`: an argument inside the text, as Ansible has it.
    private func reportFreeForm(_ entry: YAMLEntry, _ reference: KnownAction) -> Bool {
        guard let text = entry.value.text, text.utf8.contains(UInt8(ascii: "=")) else { return false }
        // `debug: msg=hi`; a script may well begin with an assignment.
        if let shorthand = reference.shorthand, reference.name != "shell", text.hasPrefix(shorthand + "=") {
            problems.error(
                "free-form", "free-form k=v arguments are not read",
                hint: "write {\(shorthand): \(text.dropFirst(shorthand.count + 1))}", at: entry.value.span)
            return true
        }
        for word in text.utf8.split(separator: UInt8(ascii: " ")) {
            guard let equals = word.firstIndex(of: UInt8(ascii: "=")), equals > word.startIndex else { continue }
            let name = String(Substring(word[..<equals]))
            guard name != reference.shorthand, reference.parameter(name) != nil else { continue }
            problems.error(
                "free-form", "free-form k=v arguments are not read",
                hint:
                    "write {\(reference.shorthand ?? "…"): …, \(name): \(Substring(word[word.index(after: equals)...]))}",
                at: entry.value.span)
            return true
        }
        return false
    }

    private static func isFreeForm(_ text: String) -> Bool {
        let words = text.split(separator: " ")
        return !words.isEmpty
            && words.allSatisfy { word in
                guard let equals = word.firstIndex(of: "="), equals != word.startIndex else { return false }
                return InventoryLoader.isName(String(word[..<equals]))
            }
    }

    // MARK: In scope

    /// Checks an action's arguments where it stands; the latest phase of what it uses.
    @discardableResult
    func checkCall(
        _ call: ActionCall, _ reference: KnownAction, _ context: inout TaskContext, _ file: File
    ) -> Phase {
        var phase = Phase.load
        let before = problems.diagnostics.count
        defer {
            if problems.diagnostics.count == before, let problem = options.tryCall?(call) { problems.add([problem]) }
        }
        if reference.target == .cluster { needsCluster(call.span, context, call.name.value) }
        var valueType: ValueType?
        for argument in call.arguments {
            guard let parameter = reference.parameter(argument.name.value) else {
                continue
            }
            // A frozen fact that is null ends the rollback of that host; the plan says so.
            let checked = checker.check(
                argument.value, as: context.role == .undo ? parameter.undoType : parameter.checkedType,
                in: context.scope, broken: context.broken, isArgv: parameter.isArgv)
            if let checked {
                phase = max(phase, checked.phase)
                if parameter.name == "value" { valueType = parameter.type == .json ? checked.type : parameter.type }
            }
            if context.play.lacksCluster, argument.value.names(contain: "cluster") {
                needsCluster(argument.value.span, context)
            }
        }
        guard !call.conditions.isEmpty else { return phase }
        context.scope.push()
        if let valueType { context.scope.define("value", valueType, phase: phase) }
        for (_, conditions) in call.conditions {
            if let found = checker.check(conditions, in: context.scope, broken: context.broken) {
                phase = max(phase, found)
            }
        }
        context.scope.pop()
        return phase
    }

    private func needsCluster(_ span: SourceSpan, _ context: TaskContext, _ name: String) {
        if context.play.lacksCluster { reportMissingCluster(name, at: span) }
    }
}
