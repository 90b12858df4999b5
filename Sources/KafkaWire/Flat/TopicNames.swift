/// Names of topics as they stand on the wire, one behind the other, and where each is found again by its bytes.
///
/// An answer about 100,000 partitions says a topic's name for each broker that leads one of them: finding it here makes no
/// text of it. Slots are chosen by Swift's own hash, which differs in every process: a peer cannot know which names meet.
package struct TopicNames: Sendable {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []
    /// Numbers of names; -1: empty. Twice as many slots as names at least, a power of two.
    private var slots: [Int32] = []

    /// Names longer than the protocol can say are left out of the search, and refused where they are written.
    package init(_ names: [String]) {
        ends.reserveCapacity(names.count)
        for name in names {
            bytes.append(contentsOf: name.utf8)
            ends.append(bytes.count)
        }
        var size = 16
        while size < names.count * 2 { size *= 2 }
        slots = Array(repeating: -1, count: size)
        bytes.withUnsafeBytes { all in
            for number in ends.indices {
                let name = UnsafeRawBufferPointer(rebasing: all[range(of: number)])
                var slot = Self.hash(name) & (size - 1)
                while slots[slot] >= 0 { slot = (slot + 1) & (size - 1) }
                slots[slot] = Int32(truncatingIfNeeded: number)
            }
        }
    }

    package var count: Int { ends.count }

    private func range(of number: Int) -> Range<Int> { (number > 0 ? ends[number - 1] : 0)..<ends[number] }

    /// The bytes of one name.
    func name(_ number: Int) -> ArraySlice<UInt8> { bytes[range(of: number)] }

    private static func hash(_ name: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: name)
        return hasher.finalize()
    }

    /// Whether these bytes are that name.
    func isName(_ number: Int, _ found: UnsafeRawBufferPointer) -> Bool {
        guard ends.indices.contains(number) else { return false }
        let range = range(of: number)
        guard range.count == found.count else { return false }
        return bytes.withUnsafeBytes { UnsafeRawBufferPointer(rebasing: $0[range]).elementsEqual(found) }
    }

    /// The number of the name with these bytes; nil when there is none.
    func number(of found: UnsafeRawBufferPointer) -> Int? {
        var slot = Self.hash(found) & (slots.count - 1)
        while slots[slot] >= 0 {
            let number = Int(slots[slot])
            if isName(number, found) { return number }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }
}
