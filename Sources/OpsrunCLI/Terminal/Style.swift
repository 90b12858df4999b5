/// Colours of the terminal, or none.
package struct Style: Sendable, Hashable {
    package enum Role: Sendable {
        case good, changed, bad, warning, quiet, strong, info
    }

    package var isColored: Bool

    package init(isColored: Bool) { self.isColored = isColored }

    package static let plain = Style(isColored: false)

    package func callAsFunction(_ role: Role, _ text: String) -> String {
        guard isColored, !text.isEmpty else { return text }
        let code =
            switch role {
            case .good: "32"
            case .changed: "33"
            case .bad: "31"
            case .warning: "35"
            case .quiet: "2"
            case .strong: "1"
            case .info: "36"
            }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}
