import Values

/// Templates at work.
extension Evaluator {
    struct Output {
        var text = ""
        var origin: String?

        mutating func append(_ part: String) throws {
            text += part
            guard text.utf8.count <= ExpressionLimits.textLength else { throw Budget.text() }
        }

        func value(trailingNewlines: Int) -> Value {
            let have = text.utf8.reversed().prefix { $0 == UInt8(ascii: "\n") }.count
            let full = text + String(repeating: "\n", count: max(0, trailingNewlines - have))
            return origin.map { .secret(Secret(full, origin: $0)) } ?? .string(full)
        }
    }

    func render(_ parts: [TemplatePart], into output: inout Output) throws {
        for part in parts {
            try spend(1)
            switch part {
            case .text(let text): try output.append(text)
            case .output(let node):
                let value = try guarded(node.range) { try inText(self.value(node)) }
                if case .secret(let secret) = value {
                    output.origin = output.origin ?? secret.origin
                    try output.append(secret.reveal())
                } else {
                    try output.append(value.scalarText ?? "")
                }
            case .branch(let branches, let otherwise):
                let body = try branches.first { try holds($0.condition) }?.body ?? otherwise
                try render(body, into: &output)
            case .loop(let loop): try render(loop, into: &output)
            }
        }
    }

    func render(_ loop: TemplateLoop, into output: inout Output) throws {
        guard case .list(var items) = try value(loop.items) else {
            throw EvaluationError(.type, "a loop runs over a list", at: text.span(of: loop.items.range))
        }
        try spend(items.count)
        let depth = try scope.value(of: "loop")?["depth"]?.intValue ?? 0
        scope.push()
        defer { scope.pop() }
        if let condition = loop.condition {
            items = try items.filter { item in
                try bind(loop, item)
                return try holds(condition)
            }
        }
        guard !items.isEmpty else {
            scope.pop()
            defer { scope.push() }
            return try render(loop.otherwise, into: &output)
        }
        for (place, item) in items.enumerated() {
            try bind(loop, item)
            var state: ValueMap = [
                "index": .int(Int64(place + 1)), "index0": .int(Int64(place)),
                "revindex": .int(Int64(items.count - place)), "revindex0": .int(Int64(items.count - place - 1)),
                "first": .bool(place == 0), "last": .bool(place == items.count - 1), "length": .int(Int64(items.count)),
                "depth": .int(depth + 1), "depth0": .int(depth),
            ]
            if place > 0 { state["previtem"] = items[place - 1] }
            if place + 1 < items.count { state["nextitem"] = items[place + 1] }
            scope.define("loop", .map(state))
            try render(loop.body, into: &output)
        }
    }

    func bind(_ loop: TemplateLoop, _ item: Value) throws {
        if loop.names.count == 1 {
            scope.define(loop.names[0], item)
            return
        }
        guard case .list(let parts) = item, parts.count == loop.names.count else {
            throw EvaluationError(
                .type, "an element is no list of \(loop.names.count)", at: text.span(of: loop.items.range))
        }
        for (name, part) in zip(loop.names, parts) { scope.define(name, part) }
    }
}
