import Values

/// `+ - * / // %` on values, as Python computes them; beyond 64 bits and beyond the range of a double is an error.
enum Arithmetic {
    static func apply(_ operation: ArithmeticOperator, _ left: Value, _ right: Value) throws -> Value {
        switch (left, right) {
        case (.int(let one), .int(let two)): return try integers(operation, one, two)
        case (.int(let one), .float(let two)): return try floats(operation, Double(one), two)
        case (.float(let one), .int(let two)): return try floats(operation, one, Double(two))
        case (.float(let one), .float(let two)): return try floats(operation, one, two)
        case (.string(let one), .string(let two)) where operation == .add: return .string(one + two)
        case (.secret, .string), (.string, .secret), (.secret, .secret):
            guard operation == .add else { break }
            return Text.join([left, right])
        case (.list(let one), .list(let two)) where operation == .add: return .list(one + two)
        case (.duration(let one), .duration(let two)):
            return try amounts(operation, one.milliseconds, two.milliseconds) { .duration(.milliseconds($0)) }
        case (.bytes(let one), .bytes(let two)):
            return try amounts(operation, one.count, two.count) { .bytes(ByteCount($0)) }
        case (.duration(let one), .int), (.duration(let one), .float):
            return try scale(operation, one.milliseconds, right) { .duration(.milliseconds($0)) }
        case (.int, .duration(let two)) where operation == .multiply,
            (.float, .duration(let two)) where operation == .multiply:
            return try scale(operation, two.milliseconds, left) { .duration(.milliseconds($0)) }
        case (.bytes(let one), .int), (.bytes(let one), .float):
            return try scale(operation, one.count, right) { .bytes(ByteCount($0)) }
        case (.int, .bytes(let two)) where operation == .multiply,
            (.float, .bytes(let two)) where operation == .multiply:
            return try scale(operation, two.count, left) { .bytes(ByteCount($0)) }
        case (.timestamp(let time), .duration(let duration)) where operation == .add || operation == .subtract:
            let result = try integers(operation, time.milliseconds, duration.milliseconds)
            return .timestamp(Timestamp(milliseconds: result.intValue ?? 0))
        case (.duration(let duration), .timestamp(let time)) where operation == .add:
            let result = try integers(.add, time.milliseconds, duration.milliseconds)
            return .timestamp(Timestamp(milliseconds: result.intValue ?? 0))
        case (.timestamp(let one), .timestamp(let two)) where operation == .subtract:
            let result = try integers(.subtract, one.milliseconds, two.milliseconds)
            return .duration(.milliseconds(result.intValue ?? 0))
        default: break
        }
        throw ExpressionFailure(
            .type, "'\(operation.rawValue)' is not defined for \(left.kindName) and \(right.kindName)")
    }

    static func negate(_ value: Value) throws -> Value {
        switch value {
        case .int(let number): return try integers(.subtract, 0, number)
        case .float(let number): return .float(-number)
        case .duration(let duration):
            return .duration(.milliseconds(try integers(.subtract, 0, duration.milliseconds).intValue ?? 0))
        default: throw ExpressionFailure(.type, "\(value.kindName) has no negative")
        }
    }

    static func overflow() -> ExpressionFailure { ExpressionFailure(.value, "the result is beyond 64 bits") }

    private static let zero = ExpressionFailure(
        .zeroDivision, "division by zero", hint: "test the divisor first: a / b if b != 0 else 0.0")

    private static func integers(_ operation: ArithmeticOperator, _ one: Int64, _ two: Int64) throws -> Value {
        func exact(_ result: (partialValue: Int64, overflow: Bool)) throws -> Value {
            guard !result.overflow else { throw overflow() }
            return .int(result.partialValue)
        }
        switch operation {
        case .add: return try exact(one.addingReportingOverflow(two))
        case .subtract: return try exact(one.subtractingReportingOverflow(two))
        case .multiply: return try exact(one.multipliedReportingOverflow(by: two))
        case .divide:
            guard two != 0 else { throw zero }
            return .float(quotient(one, two))
        case .floorDivide:
            guard two != 0 else { throw zero }
            let (result, overflow) = one.dividedReportingOverflow(by: two)
            guard !overflow else { throw self.overflow() }
            return .int(one % two != 0 && (one < 0) != (two < 0) ? result - 1 : result)
        case .remainder:
            guard two != 0 else { throw zero }
            guard two != -1 else { return .int(0) }
            let rest = one % two
            return .int(rest != 0 && (rest < 0) != (two < 0) ? rest + two : rest)
        }
    }

    /// The true quotient rounded once, also where the operands are beyond 2^53 (`/` of Python's ints).
    private static func quotient(_ one: Int64, _ two: Int64) -> Double {
        let exact: UInt64 = 1 << 53
        guard one != 0, one.magnitude > exact || two.magnitude > exact else { return Double(one) / Double(two) }
        let dividend = UInt128(one.magnitude)
        let shift = dividend.leadingZeroBitCount - 1
        let (result, rest) = (dividend << shift).quotientAndRemainder(dividingBy: UInt128(two.magnitude))
        // More than 54 bits: a remainder only matters as "not exactly half".
        let sticky = rest == 0 ? result : result | 1
        let size = Double(sign: .plus, exponent: -shift, significand: Double(sticky))
        return (one < 0) == (two < 0) ? size : -size
    }

    private static func floats(_ operation: ArithmeticOperator, _ one: Double, _ two: Double) throws -> Value {
        let result: Double
        switch operation {
        case .add: result = one + two
        case .subtract: result = one - two
        case .multiply: result = one * two
        case .divide:
            guard two != 0 else { throw zero }
            result = one / two
        case .floorDivide:
            guard two != 0 else { throw zero }
            result = divideAndModulo(one, two).quotient
        case .remainder:
            guard two != 0 else { throw zero }
            result = divideAndModulo(one, two).rest
        }
        guard result.isFinite || !one.isFinite || !two.isFinite else {
            throw ExpressionFailure(.value, "the result is beyond the range of a float")
        }
        return .float(result)
    }

    /// Python's float_divmod.
    private static func divideAndModulo(_ one: Double, _ two: Double) -> (quotient: Double, rest: Double) {
        var rest = one.truncatingRemainder(dividingBy: two)
        var quotient = (one - rest) / two
        if rest != 0 {
            if (two < 0) != (rest < 0) {
                rest += two
                quotient -= 1
            }
        } else {
            rest = two.sign == .minus ? -0.0 : 0.0
        }
        guard quotient != 0 else { return ((one / two).sign == .minus ? -0.0 : 0.0, rest) }
        let floor = quotient.rounded(.down)
        return (quotient - floor > 0.5 ? floor + 1 : floor, rest)
    }

    private static func amounts(
        _ operation: ArithmeticOperator, _ one: Int64, _ two: Int64, _ make: (Int64) -> Value
    ) throws -> Value {
        guard operation != .multiply else {
            throw ExpressionFailure(.type, "'*' is not defined for two amounts", hint: "multiply by a number")
        }
        let result = try integers(operation, one, two)
        if operation == .divide || operation == .floorDivide { return result }
        return make(result.intValue ?? 0)
    }

    private static func scale(
        _ operation: ArithmeticOperator, _ amount: Int64, _ factor: Value, _ make: (Int64) -> Value
    ) throws -> Value {
        switch (operation, factor) {
        case (.multiply, .int(let number)), (.floorDivide, .int(let number)):
            return make(try integers(operation, amount, number).intValue ?? 0)
        case (.multiply, .float), (.divide, _):
            let result = try apply(operation, .float(Double(amount)), factor)
            guard case .float(let number) = result, let whole = Int64(exactly: number.rounded()) else {
                throw overflow()
            }
            return make(whole)
        default:
            throw ExpressionFailure(
                .type, "'\(operation.rawValue)' is not defined for an amount and \(factor.kindName)")
        }
    }
}
