/// What Kafka takes for the name of a topic (`org.apache.kafka.common.internals.Topic`).
enum TopicName {
    static let maximumLength = 249

    /// Why Kafka would refuse it; nil when it is legal.
    static func problem(_ name: String) -> String? {
        if name.isEmpty { return "a topic needs a name" }
        if name == "." || name == ".." { return "a topic cannot be named '\(name)'" }
        if name.utf8.count > maximumLength {
            return "the topic's name '\(name.prefix(20))…' is longer than \(maximumLength) characters"
        }
        guard let wrong = name.unicodeScalars.first(where: { !isLegal($0) }) else { return nil }
        return "the topic's name '\(name)' holds '\(wrong)'; letters, digits, '.', '_' and '-' may stand in it"
    }

    private static func isLegal(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-": true
        default: false
        }
    }
}
