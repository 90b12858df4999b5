import EventLoop
import Values

/// Takes secrets out of text that a step gives back: whatever a process prints, a password that the run knows does not reach
/// the journal.
///
/// It learns while the run goes on: what a playbook made of a secret (`secret | b64encode`) is one too, once a step is given
/// it.
final class SecretMask: Sendable {
    /// Shorter texts would mask half of every output.
    private static let shortest = 4
    /// A line of a secret of many lines (a key in PEM): shorter ones stand in other texts too.
    private static let shortestLine = 12
    /// What is made from secrets anew for every host and item is forgotten beyond this.
    private static let most = 10_000
    private static let cover = "•••"

    /// Longest first.
    private let texts = Locked<[[UInt8]]>([])

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
        texts.withLock { texts in
            for text in found
            where text.count >= Self.shortest && texts.count < Self.most && !texts.contains(text) {
                texts.insert(text, at: texts.firstIndex { $0.count < text.count } ?? texts.endIndex)
            }
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

    private var known: [[UInt8]] { texts.withLock { $0 } }

    private static func apply(_ secrets: [[UInt8]], _ text: String) -> String {
        var bytes = Array(text.utf8)
        var found = false
        for secret in secrets {
            var place = 0
            while place + secret.count <= bytes.count {
                if bytes[place] == secret[0], bytes[place..<place + secret.count].elementsEqual(secret) {
                    bytes.replaceSubrange(place..<place + secret.count, with: cover.utf8)
                    place += cover.utf8.count
                    found = true
                } else {
                    place += 1
                }
            }
        }
        return found ? String(decoding: bytes, as: UTF8.self) : text
    }

    private static func apply(_ secrets: [[UInt8]], _ value: Value) -> Value {
        switch value {
        case .string(let text): .string(apply(secrets, text))
        case .list(let items): .list(items.map { apply(secrets, $0) })
        case .map(let map): .map(apply(secrets, map))
        default: value
        }
    }

    private static func apply(_ secrets: [[UInt8]], _ map: ValueMap) -> ValueMap {
        ValueMap(map.map { (apply(secrets, $0.key), apply(secrets, $0.value)) })
    }
}
