/// The digest by which golden vectors give long values. A target that knows no OpenSSL has to compute it itself.
enum SHA256 {
    private static let primes: [UInt64] = {
        var primes: [UInt64] = []
        var number: UInt64 = 2
        while primes.count < 64 {
            if primes.allSatisfy({ number % $0 != 0 }) { primes.append(number) }
            number += 1
        }
        return primes
    }()

    /// The first 32 bits behind the point of a prime's cube root.
    private static let constants = primes.map { fraction($0, power: 3) }
    private static let start = primes.prefix(8).map { fraction($0, power: 2) }

    /// The root of `number * 2^(32 * power)`, found bit by bit in whole numbers; its low half is the fraction.
    private static func fraction(_ number: UInt64, power: Int) -> UInt32 {
        var root: UInt128 = 0
        for bit in stride(from: 36, through: 0, by: -1) {
            let candidate = root | 1 << UInt128(bit)
            let product = (0..<power).reduce(UInt128(1)) { product, _ in product * candidate }
            if product <= UInt128(number) << UInt128(32 * power) { root = candidate }
        }
        return UInt32(truncatingIfNeeded: root)
    }

    static func digest(_ message: some Collection<UInt8>) -> [UInt8] {
        var bytes = Array(message) + [0x80]
        while bytes.count % 64 != 56 { bytes.append(0) }
        withUnsafeBytes(of: UInt64(message.count * 8).bigEndian) { bytes += $0 }
        var state = start
        for block in stride(from: 0, to: bytes.count, by: 64) {
            var words = (0..<16).map { word in
                bytes[(block + 4 * word)..<(block + 4 * word + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            }
            for index in 16..<64 {
                let (early, late) = (words[index - 15], words[index - 2])
                words.append(
                    words[index - 16] &+ words[index - 7] &+ (turn(early, 7) ^ turn(early, 18) ^ early >> 3)
                        &+ (turn(late, 17) ^ turn(late, 19) ^ late >> 10))
            }
            var (a, b, c, d, e, f, g, h) = (
                state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7]
            )
            for index in 0..<64 {
                let choice = e & f ^ ~e & g
                let first =
                    h &+ (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) &+ choice &+ constants[index] &+ words[index]
                let majority = a & b ^ a & c ^ b & c
                let second = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) &+ majority
                (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ second)
            }
            state = zip(state, [a, b, c, d, e, f, g, h]).map { $0 &+ $1 }
        }
        return state.flatMap { word in withUnsafeBytes(of: word.bigEndian) { Array($0) } }
    }

    private static func turn(_ word: UInt32, _ bits: UInt32) -> UInt32 { word >> bits | word << (32 - bits) }
}
