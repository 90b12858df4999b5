extension Value: Hashable {
    /// Exact equality: same kind, text by code points, `.int(3) != .float(3)`.
    package static func == (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let one), .bool(let other)): one == other
        case (.int(let one), .int(let other)): one == other
        case (.float(let one), .float(let other)): one == other
        case (.string(let one), .string(let other)): one.isExactly(other)
        case (.bytes(let one), .bytes(let other)): one == other
        case (.duration(let one), .duration(let other)): one == other
        case (.timestamp(let one), .timestamp(let other)): one == other
        case (.version(let one), .version(let other)): one == other
        case (.secret(let one), .secret(let other)): one == other
        case (.list(let one), .list(let other)): one == other
        case (.map(let one), .map(let other)): one == other
        default: false
        }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(ordinal)
        switch self {
        case .null: break
        case .bool(let value): hasher.combine(value)
        case .int(let value): hasher.combine(value)
        case .float(let value): hasher.combine(value)
        case .string(let value): value.hashExactly(into: &hasher)
        case .bytes(let value): hasher.combine(value)
        case .duration(let value): hasher.combine(value)
        case .timestamp(let value): hasher.combine(value)
        case .version(let value): hasher.combine(value)
        case .secret(let value): hasher.combine(value)
        case .list(let value): hasher.combine(value)
        case .map(let value): hasher.combine(value)
        }
    }

    private var ordinal: UInt8 {
        switch self {
        case .null: 0
        case .bool: 1
        case .int: 2
        case .float: 3
        case .string: 4
        case .bytes: 5
        case .duration: 6
        case .timestamp: 7
        case .version: 8
        case .secret: 9
        case .list: 10
        case .map: 11
        }
    }
}
