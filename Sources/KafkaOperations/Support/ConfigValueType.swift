/// The types of Kafka's settings, as DescribeConfigs tells them (KIP-569), and which texts are values of them (ConfigDef.parseType).
enum ConfigValueType {
    /// Why a text is no value of a type; nil: it is, or the type says nothing of it. Bounds are Kafka's secret: what it refuses
    /// besides, kafka.alter_configs with `validate_only` finds.
    static func problem(_ text: String, type: Int8) -> String? {
        let text = text.trimmingBlanks
        switch type {
        case 1: return ["true", "false"].contains(text.lowercased()) ? nil : "\(text) is neither true nor false"
        case 3: return whole(text, Int32.self)
        case 4: return whole(text, Int16.self)
        case 5: return whole(text, Int64.self)
        case 6: return Double(text) == nil ? "\(text) is no number" : nil
        default: return nil
        }
    }

    private static func whole<Number: FixedWidthInteger>(_ text: String, _ type: Number.Type) -> String? {
        Number(text) == nil ? "\(text) is no whole number from \(Number.min) to \(Number.max)" : nil
    }
}
