import Values

extension Catalog {
    static let runbookFilters: [Definition] = [
        Definition(
            "ternary", [.init("true_val", nil), .init("false_val", nil), .init("none_val", nil, optional: true)],
            operand: .optional, taints: false,
            "The first argument when the condition holds, the second when not, the third for none",
            check: { call in
                guard call.type.unwrapped == .bool || call.type == .never else {
                    call.mismatch("bool", hint: "write a comparison")
                    return nil
                }
                if call.type.isOptional, !call.has(2) {
                    call.report("the condition may be none", hint: "give a third argument for none", code: "optional")
                    return nil
                }
                let types = (0..<3).compactMap { call.argument($0) }
                guard let type = ValueType.unified(types) else {
                    call.report("the values are of different types: \(types.map(\.shown).joined(separator: " and "))")
                    return nil
                }
                return type
            },
            run: { call in
                switch call.value {
                case .bool(let flag): return call[flag ? 0 : 1] ?? .null
                case .null: return call[2] ?? call[1] ?? .null
                default: throw call.mismatch("bool", call.value)
                }
            }),
        Definition("release", .version, gives: .version, "The line of a version: 4.3 for 4.3.1") { call in
            guard case .version(let version) = call.value else { throw call.mismatch("version", call.value) }
            return .version(version.line)
        },
        Definition(
            "human_bytes", "The amount of data for people: 1.5 GiB",
            check: { call in
                if [.bytes, .int, .json, .never].contains(call.type) { return .string }
                call.mismatch("bytes")
                return nil
            },
            run: { call in
                switch call.value {
                case .bytes(let amount): return .string(humanBytes(amount.count))
                case .int(let count): return .string(humanBytes(count))
                default: throw call.mismatch("bytes", call.value)
                }
            }),
        Definition(
            "human_duration", "The duration for people, in its two largest units: 1h 30m",
            check: { call in
                if [.duration, .json, .never].contains(call.type) { return .string }
                call.mismatch("duration", hint: call.type == .int ? "seconds: (x * 1000) …, or '90s' | duration" : nil)
                return nil
            },
            run: { call in
                guard case .duration(let duration) = call.value else { throw call.mismatch("duration", call.value) }
                return .string(humanDuration(duration))
            }),
        Definition(
            "percent_of", [.init("total", nil)], "How many percent of the total the operand is, as a float",
            check: { call in
                let total = call.argument(0) ?? .never
                guard [.int, .float, .bytes, .duration, .json, .never].contains(call.type) else {
                    call.mismatch("a number or an amount")
                    return nil
                }
                guard call.type.unified(with: total) != nil else {
                    call.report("\(call.type.shown) is no part of \(total.shown)")
                    return nil
                }
                return .float
            },
            run: { call in
                let part = try Arithmetic.apply(.divide, call.value, call[0] ?? .null)
                return try Arithmetic.apply(.multiply, part, .float(100))
            }),
        Definition(
            "redact", taints: false, "The text as a secret: it prints as •••",
            check: { call in
                if [.string, .secret, .never].contains(call.type) { return .secret }
                call.mismatch("string")
                return nil
            },
            run: { call in
                switch call.value {
                case .secret: return call.value
                case .string(let text): return .secret(Secret(text, origin: "redact"))
                default: throw call.mismatch("string", call.value)
                }
            }),
    ]

    private static func humanBytes(_ count: Int64) -> String {
        var size = Double(count)
        var unit = 0
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        while size.magnitude >= 1024, unit + 1 < units.count {
            size /= 1024
            unit += 1
        }
        return (unit == 0 ? String(count) : PercentFormat.print("%.1f", size)) + " " + units[unit]
    }

    private static func humanDuration(_ duration: Duration) -> String {
        let units: [(name: String, milliseconds: UInt64)] = [
            ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
        ]
        var rest = duration.milliseconds.magnitude
        var parts: [String] = []
        for (place, unit) in units.enumerated() where rest >= unit.milliseconds {
            parts.append("\(rest / unit.milliseconds)\(unit.name)")
            rest %= unit.milliseconds
            if parts.count == 2 || (place + 1 < units.count && rest < units[place + 1].milliseconds) { break }
        }
        if parts.isEmpty { return "0s" }
        return (duration < .zero ? "-" : "") + parts.joined(separator: " ")
    }
}
