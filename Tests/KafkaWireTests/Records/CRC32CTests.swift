import KafkaWire
import Testing

@Suite struct CRC32CTests {
    @Test(
        arguments: [
            ([] as [UInt8], UInt32(0)),
            (Array("123456789".utf8), 0xE306_9283),
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            (Array(0..<32), 0x46DD_794E),
        ] as [([UInt8], UInt32)])
    func `known bytes have their known checksum`(bytes: [UInt8], expected: UInt32) {
        #expect(CRC32C.checksum(bytes[...]) == expected)
        #expect(CRC32C.checksumByTable(bytes[...]) == expected)
    }

    @Test func `the processor's instruction and the tables agree at every length and alignment`() {
        var random = SeededRandom(seed: 3)
        let bytes = (0..<320).map { _ in UInt8.random(in: 0...255, using: &random) }
        for start in 0..<9 {
            for end in start...bytes.count
            where CRC32C.checksum(bytes[start..<end]) != CRC32C.checksumByTable(bytes[start..<end]) {
                Issue.record("bytes \(start) to \(end) have two checksums")
            }
        }
    }
}
