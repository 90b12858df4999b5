/// A record of MirrorMaker's internal topics as bytes. All of them are in Kafka's old schema format: no tags, lengths of
/// fixed size, no nulls; bytes behind the fields that are known are left alone.
package struct MirrorRecord: Sendable, Equatable {
    package var key: [UInt8]
    package var value: [UInt8]

    package init(key: [UInt8], value: [UInt8]) {
        self.key = key
        self.value = value
    }

    /// The only version of checkpoints and heartbeats.
    static let version: Int16 = 0

    static func reader(_ bytes: some Collection<UInt8>) -> WireReader {
        WireReader(Array(bytes), version: version, flexible: false)
    }

    static func string(_ reader: inout WireReader) throws(WireError) -> String {
        try String.read(from: &reader, compact: false)
    }

    static func checkVersion(_ reader: inout WireReader, of name: String) throws(WireError) {
        let found = try reader.integer(Int16.self)
        guard found == version else {
            throw WireError(.unsupportedVersion, "a \(name) of version \(found), not \(version)", offset: 0)
        }
    }
}
