/// An Ansible host pattern: `brokers`, `a:b`, `a:&b`, `a:!b`, `*`, `kafka-1[0]`, `~regex`.
package struct HostPattern: Sendable {
    package var text: Located<String>
    /// `{pattern: …, optional: true}`: matching nothing is not an error.
    package var isOptional: Bool

    package init(text: Located<String>, isOptional: Bool = false) {
        self.text = text
        self.isOptional = isOptional
    }
}
