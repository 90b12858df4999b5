/// Collects what a codec puts out, up to a limit.
///
/// Takes no more memory than the limit and a piece, also while it grows: the room doubles while twice as much is within
/// half the limit, and then becomes the limit.
struct BoundedOutput: ~Copyable {
    /// The room that a codec writes into between two looks at the limit.
    static let pieceSize = 1 << 16

    private(set) var bytes: [UInt8] = []
    private let limit: Int
    private let piece = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: Self.pieceSize)

    /// - Parameter claim: how many bytes there will be, by the peer's word: a hint.
    init(limit: Int, claim: Int = 0) {
        self.limit = limit
        bytes.reserveCapacity(claim > limit / 2 ? limit : max(0, claim))
    }

    deinit { piece.deallocate() }

    /// Where the next piece goes; it is `pieceSize` bytes long.
    var room: UnsafeMutableBufferPointer<UInt8> { piece }

    /// Takes the first `count` bytes of the room; false when they are more than is allowed.
    mutating func take(_ count: Int) -> Bool {
        guard count <= limit - bytes.count else { return false }
        let needed = bytes.count + count
        if needed > bytes.capacity { bytes.reserveCapacity(Self.room(for: needed, limit: limit)) }
        bytes.append(contentsOf: piece.prefix(count))
        return true
    }

    /// The room to reserve when `needed` bytes are more than there is room for.
    static func room(for needed: Int, limit: Int) -> Int {
        let half = limit / 2
        return needed > half / 2 ? limit : max(needed * 2, min(half, Self.pieceSize))
    }

    consuming func finish() -> [UInt8] { bytes }
}
