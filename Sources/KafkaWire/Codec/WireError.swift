/// Why bytes are not a message, or a message cannot become bytes.
///
/// Small (one reference), because it travels through every throwing call of the codec.
package struct WireError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is; compare with the constants.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case truncated, badLength, countTooLarge, unexpectedNull, badVarint, badTags, unsupportedVersion
            case unsupportedField, tooLarge, frameTooLarge, unknownAPI, memoryExceeded
            case unsupportedMagic, badChecksum, unknownCompression, badCompression, decompressedTooLarge
        }

        private let kind: Kind

        /// The bytes end before the value does.
        package static let truncated = Code(kind: .truncated)
        /// A length that is negative, above its limit, or not the length of what it frames.
        package static let badLength = Code(kind: .badLength)
        /// An array that claims more elements than the remaining bytes can hold.
        package static let countTooLarge = Code(kind: .countTooLarge)
        /// A message that would take more memory than its bytes may become.
        package static let memoryExceeded = Code(kind: .memoryExceeded)
        /// Null where the version does not allow it.
        package static let unexpectedNull = Code(kind: .unexpectedNull)
        /// A variable-length integer of more than 32 bits.
        package static let badVarint = Code(kind: .badVarint)
        /// Tags that repeat or are out of order.
        package static let badTags = Code(kind: .badTags)
        /// A version of the message that is not in its definition.
        package static let unsupportedVersion = Code(kind: .unsupportedVersion)
        /// A field that is set but would be lost in this version.
        package static let unsupportedField = Code(kind: .unsupportedField)
        /// A value to encode that is longer than the format can say.
        package static let tooLarge = Code(kind: .tooLarge)
        /// A frame above the limit.
        package static let frameTooLarge = Code(kind: .frameTooLarge)
        /// A request of an API that nobody here knows.
        package static let unknownAPI = Code(kind: .unknownAPI)

        /// Records in a format before Kafka 0.11, or after this one.
        package static let unsupportedMagic = Code(kind: .unsupportedMagic)
        /// A record batch whose checksum is not that of its bytes.
        package static let badChecksum = Code(kind: .badChecksum)
        /// A compression codec that is not one of Kafka's.
        package static let unknownCompression = Code(kind: .unknownCompression)
        /// Compressed bytes that their codec cannot read.
        package static let badCompression = Code(kind: .badCompression)
        /// Compressed bytes that would become more than is allowed.
        package static let decompressedTooLarge = Code(kind: .decompressedTooLarge)

        package var description: String { kind.rawValue }
    }

    private final class Storage: Sendable {
        let code: Code
        let message: String
        let path: String
        let offset: Int

        init(code: Code, message: String, path: String, offset: Int) {
            self.code = code
            self.message = message
            self.path = path
            self.offset = offset
        }
    }

    private let storage: Storage

    @inline(never)
    package init(_ code: Code, _ message: String, offset: Int) {
        storage = Storage(code: code, message: message, path: "", offset: offset)
    }

    private init(_ storage: Storage) { self.storage = storage }

    package var code: Code { storage.code }
    /// One sentence, without the place.
    package var message: String { storage.message }
    /// Where in the message: `topics[3].partitions[0].leaderId`; empty for the whole.
    package var path: String { storage.path }
    /// The position of the failure in bytes: of the frame's payload when reading, of the output when writing.
    package var offset: Int { storage.offset }

    package var description: String {
        path.isEmpty ? "\(message) (byte \(offset))" : "\(path): \(message) (byte \(offset))"
    }

    /// The same error seen from the struct around: its path is led by the field.
    @inline(never)
    func inside(_ field: StaticString) -> WireError { led(by: "\(field)") }

    /// The same error seen from the array's owner: its path is led by the element.
    @inline(never)
    func inside(_ field: StaticString, at index: Int) -> WireError { led(by: "\(field)[\(index)]") }

    private func led(by head: String) -> WireError {
        let path = storage.path.isEmpty ? head : head + "." + storage.path
        return WireError(Storage(code: storage.code, message: storage.message, path: path, offset: storage.offset))
    }
}
