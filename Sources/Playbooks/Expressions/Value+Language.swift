import Values

extension Value {
    /// The name of its kind, as the language calls it.
    package var kindName: String {
        switch self {
        case .null: "none"
        case .bool: "bool"
        case .int: "int"
        case .float: "float"
        case .string: "string"
        case .bytes: "bytes"
        case .duration: "duration"
        case .timestamp: "timestamp"
        case .version: "version"
        case .secret: "secret"
        case .list: "list"
        case .map: "map"
        }
    }

    /// The text of a scalar that may stand in text; nil for bool, null, secret, list and map.
    package var scalarText: String? {
        switch self {
        case .string(let text): text
        case .int(let number): String(number)
        case .float(let number): number.shortestText
        case .bytes(let amount): amount.description
        case .duration(let duration): duration.text
        case .timestamp(let time): time.description
        case .version(let version): version.text
        case .null, .bool, .secret, .list, .map: nil
        }
    }
}
