import Glibc

extension String {
    /// True when both texts have the same code points.
    ///
    /// Swift's `==` is canonical equivalence (composed and decomposed `é` are equal); the language compares code points.
    package func isExactly(_ other: String) -> Bool {
        let equal = utf8.withContiguousStorageIfAvailable { left in
            other.utf8.withContiguousStorageIfAvailable { right in
                guard left.count == right.count else { return false }
                guard let one = left.baseAddress, let two = right.baseAddress else { return true }
                return memcmp(one, two, left.count) == 0
            }
        }
        return (equal ?? nil) ?? utf8.elementsEqual(other.utf8)
    }

    /// Order by code points (which is the order of UTF-8 bytes).
    package func precedes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }

    /// Hashes the code points, in agreement with `isExactly`.
    package func hashExactly(into hasher: inout Hasher) {
        let done: Void? = utf8.withContiguousStorageIfAvailable { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        if done == nil { for byte in utf8 { hasher.combine(byte) } }
        hasher.combine(UInt8(0xFF))
    }
}

/// A text as a key of a dictionary or set, compared by code points.
package struct ExactText: Sendable, Hashable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (left: ExactText, right: ExactText) -> Bool { left.text.isExactly(right.text) }

    package func hash(into hasher: inout Hasher) { text.hashExactly(into: &hasher) }
}
