import EventLoop
import Values

/// Takes secrets out of text that a step gives back: whatever a process prints, a password that the run knows does not reach
/// the journal.
///
/// It learns while the run goes on: what a playbook made of a secret (`secret | b64encode`) is one too, once a step is given
/// it.
package final class SecretMask: Sendable {
    /// Where text was cut before it came here. On both sides of it the half of a secret is covered, too.
    package static let cut = "…"
    /// Fewer bytes of a secret at a cut say little, and stand there by chance.
    private static let shortestHalf = 3
    /// Shorter texts would mask half of every output.
    private static let shortest = 4
    /// A line of a secret of many lines (a key in PEM): shorter ones stand in other texts too.
    private static let shortestLine = 12
    /// What is made from secrets anew for every host and item is forgotten beyond this.
    private static let most = 10_000
    /// Of so many their encodings are looked for, too.
    private static let mostEncoded = 1000
    private static let cover = "•••"

    private struct Known {
        var texts: Set<[UInt8]> = []
        /// By their first byte, the longest first.
        var byFirst: [[[UInt8]]] = Array(repeating: [], count: 256)
        var secrets = 0

        mutating func insert(_ text: [UInt8]) {
            guard let first = text.first, texts.insert(text).inserted else { return }
            let place = byFirst[Int(first)].firstIndex { $0.count < text.count } ?? byFirst[Int(first)].endIndex
            byFirst[Int(first)].insert(text, at: place)
        }
    }

    private let state = Locked(Known())

    init() {}

    func add(_ value: Value) {
        switch value {
        case .secret(let secret): add(secret.reveal())
        case .list(let items): for item in items { add(item) }
        case .map(let map): for (_, item) in map { add(item) }
        default: break
        }
    }

    private func add(_ text: String) {
        var found = [Array(text.utf8)]
        let lines = found[0].split(separator: UInt8(ascii: "\n"))
        // Output is passed on line by line.
        if lines.count > 1 {
            found += lines.map { Array($0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0) }
                .filter { $0.count >= Self.shortestLine }
        }
        state.withLock { state in
            guard found[0].count >= Self.shortest, state.secrets < Self.most, !state.texts.contains(found[0]) else {
                return
            }
            state.secrets += 1
            for text in found where text.count >= Self.shortest { state.insert(text) }
            guard state.secrets <= Self.mostEncoded else { return }
            for form in SecretEncodings.all(of: text) { state.insert(form) }
        }
    }

    func apply(_ text: String) -> String {
        let texts = known
        guard !texts.isEmpty else { return text }
        return Self.apply(texts, text)
    }

    func apply(_ value: Value) -> Value {
        let texts = known
        guard !texts.isEmpty else { return value }
        return Self.apply(texts, value)
    }

    func apply(_ map: ValueMap) -> ValueMap {
        let texts = known
        guard !texts.isEmpty else { return map }
        return Self.apply(texts, map)
    }

    func apply(_ failure: StepFailure) -> StepFailure {
        let texts = known
        guard !texts.isEmpty else { return failure }
        var masked = failure
        masked.message = Self.apply(texts, failure.message)
        masked.causes = failure.causes.map { Self.apply(texts, $0) }
        masked.details = failure.details.map { Self.apply(texts, $0) }
        masked.nextAction = failure.nextAction.map { Self.apply(texts, $0) }
        return masked
    }

    /// Empty: nothing is known.
    private var known: [[[UInt8]]] { state.withLock { $0.secrets == 0 ? [] : $0.byFirst } }

    /// Covers every byte that belongs to any of them, also where they overlap.
    private static func apply(_ secrets: [[[UInt8]]], _ text: String) -> String {
        let bytes = Array(text.utf8)
        var ranges: [Range<Int>] = []
        for place in bytes.indices {
            for secret in secrets[Int(bytes[place])]
            where place + secret.count <= bytes.count
                && bytes[place..<place + secret.count].elementsEqual(secret)
            {
                let end = place + secret.count
                if let last = ranges.last, place < last.upperBound {
                    ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, end)
                } else {
                    ranges.append(place..<end)
                }
                break
            }
        }
        for half in halves(secrets, bytes) {
            ranges.append(half)
            ranges.sort { $0.lowerBound < $1.lowerBound }
        }
        guard !ranges.isEmpty else { return text }
        var covered: [UInt8] = []
        covered.reserveCapacity(bytes.count)
        var start = 0
        for range in ranges {
            // A half may overlap with what is covered as a whole.
            guard range.upperBound > start else { continue }
            let range = max(start, range.lowerBound)..<range.upperBound
            covered += bytes[start..<range.lowerBound]
            covered += cover.utf8
            start = range.upperBound
        }
        covered += bytes[start...]
        return String(decoding: covered, as: UTF8.self)
    }

    /// Beginnings of secrets before a cut, and ends behind one.
    private static func halves(_ secrets: [[[UInt8]]], _ bytes: [UInt8]) -> [Range<Int>] {
        let cut = Array(Self.cut.utf8)
        guard let first = cut.first, bytes.count > cut.count else { return [] }
        var found: [Range<Int>] = []
        var place = 0
        while place + cut.count <= bytes.count {
            guard bytes[place] == first, bytes[place..<place + cut.count].elementsEqual(cut) else {
                place += 1
                continue
            }
            let (before, after) = (bytes[..<place], bytes[(place + cut.count)...])
            var (longestBefore, longestAfter) = (0, 0)
            for secret in secrets.joined() {
                for count in stride(
                    from: min(secret.count - 1, before.count), to: max(longestBefore, shortestHalf - 1), by: -1)
                where before.suffix(count).elementsEqual(secret.prefix(count)) {
                    longestBefore = count
                    break
                }
                for count in stride(
                    from: min(secret.count - 1, after.count), to: max(longestAfter, shortestHalf - 1), by: -1)
                where after.prefix(count).elementsEqual(secret.suffix(count)) {
                    longestAfter = count
                    break
                }
            }
            if longestBefore > 0 { found.append(place - longestBefore..<place) }
            if longestAfter > 0 { found.append(after.startIndex..<after.startIndex + longestAfter) }
            place += cut.count
        }
        return found
    }

    private static func apply(_ secrets: [[[UInt8]]], _ value: Value) -> Value {
        switch value {
        case .string(let text): .string(apply(secrets, text))
        case .list(let items): .list(items.map { apply(secrets, $0) })
        case .map(let map): .map(apply(secrets, map))
        // A secret of digits that a program printed as a number; one that merely stands in a longer number is left.
        case .int(let number): apply(secrets, "\(number)") == cover ? .string(cover) : value
        case .float(let number): apply(secrets, "\(number)") == cover ? .string(cover) : value
        default: value
        }
    }

    private static func apply(_ secrets: [[[UInt8]]], _ map: ValueMap) -> ValueMap {
        ValueMap(map.map { (apply(secrets, $0.key), apply(secrets, $0.value)) })
    }
}
