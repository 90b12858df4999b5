/// Names the protocol of a peer whose first bytes are no Kafka frame. A frame's length comes first, so text and TLS
/// records read as absurd lengths.
enum WrongProtocol {
    private static let httpStarts = ["HTTP", "GET ", "POST", "PUT ", "HEAD", "<htm", "<!DO", "<HTM"]

    /// Bytes of an unknown greeting that are shown.
    private static let sampleLimit = 24

    static func error(firstBytes: [UInt8], limit: Int, from address: BrokerAddress) -> KafkaError {
        let start = String(decoding: firstBytes.prefix(4), as: UTF8.self)
        if httpStarts.contains(start) {
            return KafkaError(
                .speaksHTTP, "\(address) speaks HTTP, not Kafka",
                nextAction: "Use the port of a Kafka listener, not that of a REST proxy, console or metrics endpoint.",
                address: address.description)
        }
        // A TLS record: content type 20 to 23, then version 3.x.
        if firstBytes.count >= 2, (20...23).contains(firstBytes[0]), firstBytes[1] == 3 {
            return KafkaError(
                .speaksTLS, "\(address) speaks TLS, and this client is set to plaintext",
                nextAction: "Set the security protocol SSL or SASL_SSL, or use the port of a plaintext listener.",
                address: address.description)
        }
        let length = firstBytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        if firstBytes.prefix(4).allSatisfy({ (0x20...0x7E).contains($0) }) {
            let sample = firstBytes.prefix(sampleLimit).prefix { (0x20...0x7E).contains($0) }
            return KafkaError(
                .notKafka, "\(address) is no Kafka listener: it says \"\(String(decoding: sample, as: UTF8.self))\"",
                nextAction: "Check host and port.", address: address.description)
        }
        return KafkaError(
            .notKafka, "\(address) announced an answer of \(length) bytes, more than the \(limit) allowed",
            nextAction: "Check that a Kafka broker listens there.", address: address.description)
    }
}
