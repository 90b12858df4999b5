/// Collects what a codec puts out, up to a limit.
struct BoundedOutput: ~Copyable {
    /// The room that a codec writes into between two looks at the limit.
    static let pieceSize = 1 << 16

    private(set) var bytes: [UInt8] = []
    private let limit: Int
    private let piece = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: Self.pieceSize)

    init(limit: Int) { self.limit = limit }

    deinit { piece.deallocate() }

    /// Where the next piece goes; it is `pieceSize` bytes long.
    var room: UnsafeMutableBufferPointer<UInt8> { piece }

    /// Takes the first `count` bytes of the room; false when they are more than is allowed.
    mutating func take(_ count: Int) -> Bool {
        guard count <= limit - bytes.count else { return false }
        bytes.append(contentsOf: piece.prefix(count))
        return true
    }

    consuming func finish() -> [UInt8] { bytes }
}
