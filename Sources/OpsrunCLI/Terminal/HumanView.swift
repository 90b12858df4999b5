package import RunEngine

/// Ansible's look: banners over results.
package struct HumanView: Sendable {
    /// Longest banner, as Ansible draws it.
    private static let bannerWidth = 79

    private let style: Style
    private let width: Int
    private var events: EventLines

    package init(style: Style, width: Int, verbosity: Int = 0) {
        self.style = style
        self.width = width
        events = EventLines(verbosity: verbosity)
    }

    package mutating func text(for event: RunEvent) -> String {
        events.lines(for: event).map { line in
            switch line {
            case .banner(let word, let name, let isPlay):
                "\n" + style(.strong, Self.banner("\(word) [\(name)]", width: width, stars: isPlay ? "*" : "-")) + "\n"
            case .result(let role, let word, let host, _, let note):
                style(role, "\(word): [\(host)]" + (note.isEmpty ? "" : " \(note)")) + "\n"
            case .detail(let role, let text): style(role, text) + "\n"
            }
        }.joined()
    }

    static func banner(_ text: String, width: Int, stars: Character) -> String {
        let size = min(width, bannerWidth)
        let text = TextLayout.clip(text, max(size, 20))
        let rest = size - TextLayout.columns(of: text) - 1
        return rest > 2 ? "\(text) \(String(repeating: stars, count: rest))" : text
    }
}
