/// The first and the last bytes of a stream of any length, in bounded memory.
struct OutputCapture {
    private let limit: OutputLimit
    private var head: [UInt8] = []
    private var tail: [UInt8] = []
    private(set) var total = 0

    init(limit: OutputLimit) { self.limit = limit }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        total &+= bytes.count
        var rest = bytes
        if head.count < limit.head {
            let part = rest.prefix(limit.head - head.count)
            head.append(contentsOf: part)
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
        }
        guard !rest.isEmpty, limit.tail > 0 else { return }
        tail.append(contentsOf: rest.suffix(limit.tail))
        // Trimmed at twice the limit, so that each byte is moved once at most.
        if tail.count > 2 * limit.tail { tail.removeFirst(tail.count - limit.tail) }
    }

    /// What was kept, and where in it bytes are missing.
    func finish() -> (bytes: [UInt8], gap: Int?) {
        let kept = head + tail.suffix(limit.tail)
        return (kept, kept.count < total ? head.count : nil)
    }
}
