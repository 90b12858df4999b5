/// The memory that one message may take, counted as it is read: each array, string and piece of bytes is charged before
/// it is there.
///
/// A byte or two on the wire can stand for a struct of a hundred bytes and an allocation of its own. Without a bound a
/// hostile answer of the largest size would take gigabytes.
package struct WireMemory: Sendable {
    /// The most that any message may become. With the answer itself (`FrameLimit.standard`) it stays under 64 MiB and
    /// twice that size; what is larger for good reason, Metadata of a million partitions, is read flat.
    package static let limit = 160 * 1024 * 1024
    /// What the bytes of a message may become. Kafka's own answers become up to ten times what they are.
    package static let largestFactor = 32
    /// What even a few bytes may become.
    package static let alwaysAllowed = 1024 * 1024

    /// What an allocation takes besides its content: the header of Swift's object, and the allocator's.
    package static let overhead = 48
    /// The longest string that needs no allocation.
    static let inlineString = 15

    /// Bytes that may still be taken.
    package private(set) var left: Int

    package init(limit: Int) { left = limit }

    package init(received: Int) {
        let (product, overflow) = received.multipliedReportingOverflow(by: Self.largestFactor)
        left = overflow ? Self.limit : min(Self.limit, product + Self.alwaysAllowed)
    }

    /// Takes one allocation of so many elements into account; false when it is more than is left.
    @inline(__always)
    mutating func spend(_ count: Int, of size: Int) -> Bool {
        let (content, overflow) = count.multipliedReportingOverflow(by: size)
        // Compared with what is left before anything is added: a sum could overflow.
        guard !overflow, content <= left, content + Self.overhead <= left else { return false }
        left -= content + Self.overhead
        return true
    }

    /// The same for bytes within an allocation that is there.
    @inline(__always)
    mutating func extend(by bytes: Int) -> Bool {
        guard bytes <= left else { return false }
        left -= bytes
        return true
    }
}
