/// The hash by which Kafka's own producers choose a partition for a key (`Utils.murmur2` and `BuiltInPartitioner`).
package enum Murmur2 {
    private static let seed: UInt32 = 0x9747_B28C
    private static let multiplier: UInt32 = 0x5BD1_E995

    package static func hash(_ key: some Collection<UInt8>) -> Int32 {
        var hash = seed ^ UInt32(truncatingIfNeeded: key.count)
        var word: UInt32 = 0
        var held: UInt32 = 0
        for byte in key {
            word |= UInt32(byte) << (8 * held)
            held += 1
            guard held == 4 else { continue }
            word = word &* multiplier
            word ^= word >> 24
            hash = hash &* multiplier ^ word &* multiplier
            word = 0
            held = 0
        }
        if held > 0 { hash = (hash ^ word) &* multiplier }
        hash ^= hash >> 13
        hash = hash &* multiplier
        return Int32(bitPattern: hash ^ hash >> 15)
    }

    /// The hash without its sign, as the partitioner uses it.
    package static func positiveHash(_ key: some Collection<UInt8>) -> Int32 { hash(key) & Int32.max }

    /// The partition that Java's producer gives to a key in a topic of `partitions`; nil for a topic without partitions.
    package static func partition(of key: some Collection<UInt8>, partitions: Int32) -> Int32? {
        partitions > 0 ? positiveHash(key) % partitions : nil
    }
}
