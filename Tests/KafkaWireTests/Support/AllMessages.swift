import FuzzTargets
import KafkaWire

/// Every message that the module knows, for the tests that hold for all of them.
enum AllMessages {
    static let types = WireFamilies.all

    /// The definition's name.
    static func name(_ type: any KafkaMessage.Type) -> String { "\(type)" }

    static let byName: [String: any KafkaMessage.Type] = Dictionary(
        uniqueKeysWithValues: types.map { (name($0), $0) })
}
