import Glibc
import Values

extension Catalog {
    static let numberFilters: [Definition] = [
        Definition(
            "abs", "The number without its sign",
            check: { call in
                if [.int, .float, .duration, .json, .never].contains(call.type) { return call.type }
                call.mismatch("a number")
                return nil
            },
            run: { call in
                switch call.value {
                case .int(let number): return number < 0 ? try Arithmetic.negate(call.value) : call.value
                case .float(let number): return .float(number.magnitude)
                case .duration(let duration): return duration < .zero ? try Arithmetic.negate(call.value) : call.value
                default: throw call.mismatch("a number", call.value)
                }
            }),
        Definition(
            "round",
            [
                .init("precision", .int, optional: true),
                .init("method", .string, optional: true, oneOf: ["common", "ceil", "floor"]),
            ], "The number rounded to `precision` decimals: half to even, or up (ceil) or down (floor)",
            check: { call in
                guard [.int, .float, .json, .never].contains(call.type) else {
                    call.mismatch("a number")
                    return nil
                }
                return call.type == .int && (!call.has(1) || call.constant(1) == "common") ? .int : .float
            },
            run: { try round($0) }),
        Definition(
            "log", [.init("base", .float, optional: true)], "The logarithm, natural unless `base` is given",
            check: { number($0) },
            run: { call in
                let value = try call.float()
                let base = try call.float(0)
                guard value > 0, base.map({ $0 > 0 && $0 != 1 }) ?? true else {
                    throw ExpressionFailure(.value, "the logarithm is defined for numbers above 0")
                }
                guard let base else { return .float(Glibc.log(value)) }
                return .float(base == 10 ? Glibc.log10(value) : Glibc.log(value) / Glibc.log(base))
            }),
        Definition(
            "pow", [.init("power", .float)], "The number to a power, as a float",
            check: { number($0) },
            run: { call in
                let result = Glibc.pow(try call.float(), try call.float(0) ?? 1)
                guard result.isFinite else {
                    throw ExpressionFailure(.value, "the result is beyond the range of a float")
                }
                return .float(result)
            }),
        Definition(
            "root", [.init("base", .float, optional: true)], "The square root, or the `base`-th, as a float",
            check: { number($0) },
            run: { call in
                let base = try call.float(0) ?? 2
                guard base != 0 else { throw ExpressionFailure(.zeroDivision, "there is no root of degree 0") }
                let value = try call.float()
                let result = base == 2 ? value.squareRoot() : Glibc.pow(value, 1 / base)
                guard result.isFinite else { throw ExpressionFailure(.value, "the number has no such root") }
                return .float(result)
            }),
        Definition(
            "filesizeformat", [.init("binary", .bool, optional: true)],
            "The number of bytes for people, in powers of 1000",
            check: { call in number(call, also: .bytes) == nil ? nil : .string },
            run: { .string(try fileSize($0)) }),
        Definition(
            "human_readable",
            [.init("isbits", .bool, optional: true), .init("unit", .optional(.string), optional: true)],
            "The number of bytes for people, in powers of 1024, as Ansible writes it",
            check: { call in number(call, also: .bytes) == nil ? nil : .string },
            run: { .string(try humanReadable($0)) }),
        Definition(
            "human_to_bytes",
            [.init("default_unit", .optional(.string), optional: true), .init("isbits", .bool, optional: true)],
            "The number that text such as '10MB' spells, in powers of 1024, as Ansible reads it",
            check: { call in
                if [.string, .int, .float, .json, .never].contains(call.type) { return .int }
                call.mismatch("string")
                return nil
            },
            run: { .int(try humanToBytes($0)) }),
    ]

    @Sendable
    private static func number(_ call: DefinitionCheck, also other: ValueType? = nil) -> ValueType? {
        if [.int, .float, .json, .never].contains(call.type) || call.type == other { return .float }
        call.mismatch("a number")
        return nil
    }

    private static func amount(_ call: DefinitionRun) throws -> Double {
        if case .bytes(let amount) = call.value { return Double(amount.count) }
        return try call.float()
    }

    // MARK: Rounding

    private static func round(_ call: DefinitionRun) throws -> Value {
        let precision = try call.int(0, default: 0)
        guard (-400...400).contains(precision) else {
            throw ExpressionFailure(.value, "a precision is from -400 to 400")
        }
        let method = try call.text(1, default: "common")
        let result: Double
        switch (method, call.value) {
        case ("common", .int(let number)): return .int(try round(number, precision))
        case ("common", .float(let number)): result = round(number, precision)
        case ("ceil", _), ("floor", _):
            let scale = Glibc.pow(10.0, Double(precision))
            let scaled = try call.float() * scale
            // Python rounds to an int here, which has no negative zero.
            result = ((method == "ceil" ? scaled.rounded(.up) : scaled.rounded(.down)) + 0.0) / scale
        default: throw call.mismatch("a number", call.value)
        }
        guard result.isFinite else { throw ExpressionFailure(.value, "the result is beyond the range of a float") }
        return .float(result)
    }

    private static func round(_ number: Int64, _ precision: Int) throws -> Int64 {
        guard precision < 0 else { return number }
        guard precision > -19 else { return 0 }
        var unit: Int64 = 1
        for _ in 0..<(-precision) { unit *= 10 }
        let rest = ((number % unit) + unit) % unit
        let (floor, overflow) = number.subtractingReportingOverflow(rest)
        guard !overflow else { throw Arithmetic.overflow() }
        let half = unit / 2
        guard rest > half || (rest == half && (floor / unit) % 2 != 0) else { return floor }
        let (up, over) = floor.addingReportingOverflow(unit)
        guard !over else { throw Arithmetic.overflow() }
        return up
    }

    /// Rounds the exact binary value, as Python does: 2.675 is a little less, so two decimals give 2.67.
    private static func round(_ number: Double, _ precision: Int) -> Double {
        guard number.isFinite else { return number }
        if precision >= 0 { return Double(PercentFormat.print("%.\(min(precision, 330))f", number)) ?? number }
        let unit = Glibc.pow(10.0, Double(-precision))
        guard unit.isFinite else { return 0 * number }
        let scaled = number / unit
        let rounded = scaled.rounded(.toNearestOrEven) * unit
        return rounded
    }

    // MARK: Sizes

    private static func fileSize(_ call: DefinitionRun) throws -> String {
        let bytes = try amount(call)
        let binary = try call.flag(0)
        let base = binary ? 1024.0 : 1000.0
        let prefixes =
            binary
            ? ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]
            : ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"]
        if bytes == 1 { return "1 Byte" }
        if bytes < base { return "\(Int64(exactly: bytes.rounded(.towardZero)) ?? 0) Bytes" }
        var unit = base
        for prefix in prefixes {
            unit *= base
            if bytes < unit || prefix == prefixes.last {
                return PercentFormat.print("%.1f", base * bytes / unit) + " " + prefix
            }
        }
        return ""
    }

    private static let sizes: [(letter: Character, exponent: Int)] = [
        ("Y", 80), ("Z", 70), ("E", 60), ("P", 50), ("T", 40), ("G", 30), ("M", 20), ("K", 10), ("B", 0),
    ]

    private static func humanReadable(_ call: DefinitionRun) throws -> String {
        let size = try amount(call)
        let bits = try call.flag(0)
        let unit = try call.text(1)?.uppercased().first
        if let unit, !sizes.contains(where: { $0.letter == unit }) {
            throw ExpressionFailure(.value, "there is no unit '\(unit)'")
        }
        let found =
            sizes.first { entry in
                unit.map { $0 == entry.letter }
                    ?? (size >= Double(sign: .plus, exponent: entry.exponent, significand: 1))
            } ?? ("B", 0)
        let name = found.exponent == 0 ? (bits ? "bits" : "Bytes") : "\(found.letter)\(bits ? "b" : "B")"
        let scaled = size / Double(sign: .plus, exponent: found.exponent, significand: 1)
        return PercentFormat.print("%.2f", scaled) + " " + name
    }

    private static func humanToBytes(_ call: DefinitionRun) throws -> Int64 {
        let text: String
        switch call.value {
        case .string(let written): text = written
        case .int, .float: text = call.value.scalarText ?? ""
        default: throw call.mismatch("string", call.value)
        }
        let bits = try call.flag(1)
        let pattern = try call.evaluator.pattern("^([0-9]*\\.?[0-9]+)(?:\\s*([A-Za-z]+))?\\s*$")
        guard let match = try pattern.first(in: text), let digits = match[1] else {
            throw ExpressionFailure(.value, "'\(Text.string(text.unicodeScalars.prefix(40)))' is no amount of data")
        }
        let bytes = Array(text.utf8)
        let number = Double(String(decoding: bytes[digits], as: UTF8.self)) ?? 0
        let unit = try match[2].map { String(decoding: bytes[$0], as: UTF8.self) } ?? call.text(0) ?? "B"
        guard let letter = unit.uppercased().first, let size = sizes.first(where: { $0.letter == letter }) else {
            throw ExpressionFailure(.value, "there is no unit '\(unit)'")
        }
        let name = bits ? "bit" : "byte"
        let isWord = unit.lowercased().contains(name)
        guard unit.utf8.count == 1 || isWord || unit.dropFirst().first == (bits ? "b" : "B") else {
            throw ExpressionFailure(.value, "there is no unit '\(unit)'", hint: "write \(letter)\(bits ? "b" : "B")")
        }
        guard
            let count = Int64(
                exactly: (number * Double(sign: .plus, exponent: size.exponent, significand: 1)).rounded(
                    .toNearestOrEven))
        else { throw Arithmetic.overflow() }
        return count
    }
}
