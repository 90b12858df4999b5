extension Double {
    /// The shortest text that reads back as the same number, in the notation of Jinja (Python's `repr`): `1.0`, `0.0001`,
    /// `1e-05`, `1e+16`; `inf`, `-inf` and `nan` for the rest.
    package var shortestText: String {
        guard isFinite else { return isNaN ? "nan" : (self < 0 ? "-inf" : "inf") }
        guard self != 0 else { return sign == .minus ? "-0.0" : "0.0" }
        // Swift's description has the shortest digits; only the choice of notation differs.
        var digits: [UInt8] = []
        var point = 0
        var exponent = 0
        var seenPoint = false
        var bytes = magnitude.description.utf8[...]
        while let byte = bytes.first {
            bytes = bytes.dropFirst()
            switch byte {
            case UInt8(ascii: "."): seenPoint = true
            case UInt8(ascii: "e"):
                exponent = Int(Substring(bytes)) ?? 0
                bytes = bytes.suffix(0)
            default:
                digits.append(byte)
                if !seenPoint { point += 1 }
            }
        }
        let leading = digits.prefix { $0 == UInt8(ascii: "0") }.count
        digits.removeFirst(leading)
        point -= leading
        while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
        return (sign == .minus ? "-" : "") + Self.layOut(digits, pointAt: point + exponent)
    }

    /// `digits` with the decimal point after the first `place` of them.
    private static func layOut(_ digits: [UInt8], pointAt place: Int) -> String {
        func text(_ part: some Sequence<UInt8>) -> String { String(decoding: Array(part), as: UTF8.self) }
        let exponent = place - 1
        guard exponent >= -4, exponent < 16 else {
            let fraction = digits.count > 1 ? "." + text(digits.dropFirst()) : ""
            let magnitude = String(exponent.magnitude)
            return text(digits.prefix(1)) + fraction + "e" + (exponent < 0 ? "-" : "+")
                + (magnitude.utf8.count < 2 ? "0" : "") + magnitude
        }
        if place <= 0 { return "0." + String(repeating: "0", count: -place) + text(digits) }
        if digits.count <= place { return text(digits) + String(repeating: "0", count: place - digits.count) + ".0" }
        return text(digits.prefix(place)) + "." + text(digits.dropFirst(place))
    }
}
