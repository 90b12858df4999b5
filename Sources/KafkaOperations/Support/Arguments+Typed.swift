import Playbooks
import RunEngine
import Values

/// Reading arguments that the loader has checked: what does not fit is a sentence all the same, never a trap.
extension Arguments {
    /// At the named argument; without a name at the only one, else at the action.
    func failure(_ message: String, at name: String? = nil) -> StepFailure {
        let only = spans.count == 1 ? spans.first?.value : nil
        return StepFailure(.failed, "\(name.flatMap { spans[$0] } ?? only ?? span): \(message)")
    }

    private func require<T>(_ name: String, _ what: String, _ read: (Value) -> T?) throws(StepFailure) -> T {
        guard let value = self[name] else { throw failure("the argument \(name) is missing") }
        guard let result = read(value) else { throw failure("the argument \(name) must be \(what)", at: name) }
        return result
    }

    private func find<T>(_ name: String, _ what: String, _ read: (Value) -> T?) throws(StepFailure) -> T? {
        self[name] == nil ? nil : try require(name, what, read)
    }

    func text(_ name: String) throws(StepFailure) -> String { try require(name, "text", \.plainText) }
    func textIfAny(_ name: String) throws(StepFailure) -> String? { try find(name, "text", \.plainText) }
    /// Text that may be secret, for where a secret is meant to go.
    func revealedTextIfAny(_ name: String) throws(StepFailure) -> String? { try find(name, "text", \.revealedText) }
    func isSecret(_ name: String) -> Bool { if case .secret = self[name] { true } else { false } }
    func flag(_ name: String, default fallback: Bool = false) throws(StepFailure) -> Bool {
        try find(name, "true or false", \.boolValue) ?? fallback
    }
    func int(_ name: String) throws(StepFailure) -> Int64 { try require(name, "a whole number", \.intValue) }
    func intIfAny(_ name: String) throws(StepFailure) -> Int64? { try find(name, "a whole number", \.intValue) }

    /// The value of a secret parameter, or of `{secret: "env:NAME"}`; plain text is refused.
    func secret(_ name: String) throws(StepFailure) -> Secret {
        try require(name, "a secret: {secret: \"env:NAME\"}") { value in
            if case .secret(let secret) = value { secret } else { nil }
        }
    }

    func duration(_ name: String) throws(StepFailure) -> Duration? { try find(name, "a duration", \.durationValue) }

    func timestampIfAny(_ name: String) throws(StepFailure) -> Timestamp? {
        guard self[name]?.isNull == false else { return nil }
        return try require(name, "a time as 2026-12-18T22:00:00Z") { value -> Timestamp? in
            let time =
                switch value {
                case .timestamp(let time): time
                case .string(let text): Timestamp(rfc3339Text: text)
                default: Timestamp?.none
                }
            return time.flatMap { $0.milliseconds >= 0 ? $0 : nil }
        }
    }

    func version(_ name: String) throws(StepFailure) -> Version {
        try require(name, "a version", \.asVersion)
    }

    func versionIfAny(_ name: String) throws(StepFailure) -> Version? { try find(name, "a version", \.asVersion) }

    func texts(_ name: String) throws(StepFailure) -> [String]? {
        try find(name, "a list of text") { value in
            if let one = value.stringValue { return [one] }
            guard let items = value.listValue else { return nil }
            let texts = items.compactMap(\.plainText)
            return texts.count == items.count ? texts : nil
        }
    }

    func node(_ name: String) throws(StepFailure) -> Int32 {
        try require(name, "a node id, 0 or more") { $0.asNode }
    }

    func nodes(_ name: String) throws(StepFailure) -> [Int32]? {
        try find(name, "a list of node ids, 0 or more") { value in
            guard let items = value.listValue else { return nil }
            let ids = items.compactMap(\.asNode)
            return ids.count == items.count ? ids : nil
        }
    }
}

extension Value {
    /// The text of a secret too: for a program's environment and input, and for files.
    var revealedText: String? { if case .secret(let secret) = self { secret.reveal() } else { plainText } }

    /// Text of what has one obvious text: what may stand in argv and in configuration values. Secrets have none.
    var plainText: String? {
        switch self {
        case .string(let text): text
        case .int(let number): String(number)
        case .float(let number): JSON.text(.float(number))
        case .bool(let flag): flag ? "true" : "false"
        case .version(let version): version.text
        case .duration(let duration): duration.text
        case .bytes(let bytes): String(bytes.count)
        case .timestamp(let time): time.description
        default: nil
        }
    }

    fileprivate var asNode: Int32? {
        intValue.flatMap(Int32.init(exactly:)).flatMap { $0 >= 0 ? $0 : nil }
    }

    var asVersion: Version? {
        switch self {
        case .version(let version): version
        case .string(let text): Version(text)
        default: nil
        }
    }
}
