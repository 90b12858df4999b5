/// A value that must never be printed, logged, planned or journalled.
///
/// It has no description but `•••`. `reveal()` is the only way to the text, so a reviewer finds every use by its name.
package struct Secret: Sendable, Hashable {
    private let text: String
    /// Where it came from (`env:KAFKA_PASSWORD`), which may be shown.
    package let origin: String

    package init(_ text: String, origin: String) {
        self.text = text
        self.origin = origin
    }

    package func reveal() -> String { text }

    package static func == (left: Secret, right: Secret) -> Bool { left.text.isExactly(right.text) }

    package func hash(into hasher: inout Hasher) { text.hashExactly(into: &hasher) }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "•••" }
    package var debugDescription: String { "•••" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
