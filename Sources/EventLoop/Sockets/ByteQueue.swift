/// Bytes that come in at one end and leave at the other, in one growing array.
struct ByteQueue {
    /// So few bytes are moved to the front at once; more only when that frees as much again.
    private static let compactionFloor = 64 * 1024

    private var storage: [UInt8] = []
    private var head = 0

    var count: Int { storage.count - head }
    var isEmpty: Bool { count == 0 }

    mutating func append(_ bytes: some Sequence<UInt8>) { storage.append(contentsOf: bytes) }

    /// Lets `body` append to the array behind the queue.
    mutating func fill<Result>(_ body: (inout [UInt8]) -> Result) -> Result {
        compact()
        return body(&storage)
    }

    /// The first bytes, at most `limit`, left in place.
    func peek(_ limit: Int) -> ArraySlice<UInt8> { storage[head...].prefix(limit) }

    /// Takes out the first bytes, at most `limit`. The whole content moves without a copy.
    mutating func take(_ limit: Int) -> [UInt8] {
        if head == 0 && storage.count <= limit {
            defer { storage = [] }
            return storage
        }
        let taken = Array(peek(limit))
        drop(taken.count)
        return taken
    }

    mutating func drop(_ amount: Int) {
        head += min(amount, count)
        if head == storage.count {
            storage.removeAll(keepingCapacity: storage.capacity <= Self.compactionFloor * 4)
            head = 0
        }
    }

    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        storage.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[head...])) }
    }

    mutating func removeAll() {
        storage = []
        head = 0
    }

    private mutating func compact() {
        guard head > 0, count <= Self.compactionFloor || head >= count else { return }
        storage.removeSubrange(..<head)
        head = 0
    }
}
