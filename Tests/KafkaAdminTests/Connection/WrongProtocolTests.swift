import Testing

@testable import KafkaAdmin

@Suite struct WrongProtocolTests {
    @Test(
        arguments: [
            (Array("HTTP/1.1 400 Bad Request".utf8), .speaksHTTP), (Array("GET / HTTP/1.1".utf8), .speaksHTTP),
            (Array("<html>".utf8), .speaksHTTP),
            // An alert and a handshake.
            ([0x15, 0x03, 0x03, 0x00], .speaksTLS), ([0x16, 0x03, 0x01, 0x02], .speaksTLS),
            ([0x16, 0x04, 0x01, 0x02], .notKafka), (Array("SSH-2.0-OpenSSH".utf8), .notKafka),
            ([0x7F, 0xFF, 0xFF, 0xFF], .notKafka), ([0xFF, 0xFF, 0xFF, 0xFF], .notKafka), ([0xFF], .notKafka),
            ([], .notKafka),
        ] as [([UInt8], KafkaError.Code)])
    func `a length that is none is named for what it looks like`(bytes: [UInt8], expected: KafkaError.Code) throws {
        let address = try #require(BrokerAddress(host: "broker", port: 9092))
        let error = WrongProtocol.error(firstBytes: bytes, limit: 1000, from: address)
        #expect(error.code == expected)
        #expect(error.message.hasPrefix("broker:9092 "))
        #expect(error.nextAction?.isEmpty == false)
    }

    @Test func `of a greeting only what can be shown is shown`() throws {
        let address = try #require(BrokerAddress(host: "broker", port: 9092))
        let bytes = Array("220 mail".utf8) + [0x1B] + Array("[31m".utf8)
        let error = WrongProtocol.error(firstBytes: bytes, limit: 1000, from: address)
        #expect(error.message.contains("it says \"220 mail\""))
    }
}
