import Values

/// Takes secrets out of text that a step gives back: whatever a process prints, a password that the run knows does not reach
/// the journal.
struct SecretMask: Sendable {
    /// Shorter texts would mask half of every output.
    private static let shortest = 4
    private static let cover = "•••"

    private var texts: [[UInt8]] = []

    var isEmpty: Bool { texts.isEmpty }

    mutating func add(_ value: Value) {
        switch value {
        case .secret(let secret):
            let text = Array(secret.reveal().utf8)
            if text.count >= Self.shortest, !texts.contains(text) {
                texts.append(text)
                texts.sort { $0.count > $1.count }
            }
        case .list(let items): for item in items { add(item) }
        case .map(let map): for (_, item) in map { add(item) }
        default: break
        }
    }

    func apply(_ text: String) -> String {
        guard !texts.isEmpty else { return text }
        var bytes = Array(text.utf8)
        var found = false
        for secret in texts {
            var place = 0
            while place + secret.count <= bytes.count {
                if bytes[place] == secret[0], bytes[place..<place + secret.count].elementsEqual(secret) {
                    bytes.replaceSubrange(place..<place + secret.count, with: Self.cover.utf8)
                    place += Self.cover.utf8.count
                    found = true
                } else {
                    place += 1
                }
            }
        }
        return found ? String(decoding: bytes, as: UTF8.self) : text
    }

    func apply(_ value: Value) -> Value {
        switch value {
        case .string(let text): .string(apply(text))
        case .list(let items): .list(items.map { apply($0) })
        case .map(let map): .map(apply(map))
        default: value
        }
    }

    func apply(_ map: ValueMap) -> ValueMap {
        guard !texts.isEmpty else { return map }
        return ValueMap(map.map { ($0.key, apply($0.value)) })
    }

    func apply(_ failure: StepFailure) -> StepFailure {
        guard !texts.isEmpty else { return failure }
        var masked = failure
        masked.message = apply(failure.message)
        masked.causes = failure.causes.map { apply($0) }
        masked.details = failure.details.map { apply($0) }
        masked.nextAction = failure.nextAction.map { apply($0) }
        return masked
    }
}
