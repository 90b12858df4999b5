/// Bytes of the wire format written by hand, for what no writer makes.
enum Uvarint {
    /// A compact length or count.
    static func bytes(_ number: UInt32) -> [UInt8] {
        var rest = number
        var bytes: [UInt8] = []
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    /// The same element 2^`doublings` times, with its count in front.
    static func array(of element: [UInt8], doublings: Int) -> [UInt8] {
        var elements = element
        for _ in 0..<doublings { elements += elements }
        return bytes(UInt32(1 << doublings) + 1) + elements
    }
}
