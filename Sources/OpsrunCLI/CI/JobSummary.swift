internal import EventLoop
internal import Glibc

/// What a step of GitHub Actions leaves for people and for the steps after it: Markdown in `GITHUB_STEP_SUMMARY`, values in
/// `GITHUB_OUTPUT`. Elsewhere it does nothing.
struct JobSummary: Sendable {
    /// GitHub drops a summary of more than 1 MiB as a whole; several commands of one step share it.
    static let limit = 1 << 20
    private let summary: String?
    private let outputs: String?

    init(_ surroundings: Surroundings) {
        let isGitHub = surroundings.ci?.system == .github
        summary = isGitHub ? surroundings.environment["GITHUB_STEP_SUMMARY"].flatMap { $0.isEmpty ? nil : $0 } : nil
        outputs = isGitHub ? surroundings.environment["GITHUB_OUTPUT"].flatMap { $0.isEmpty ? nil : $0 } : nil
    }

    var isWanted: Bool { summary != nil }

    /// Adds to the summary what there is room for; `sentence` says where the rest is. A summary that cannot be written is no
    /// failure of the command.
    func add(_ markdown: String, saying sentence: String) {
        guard let summary else { return }
        let room = Self.limit - 1024 - Self.size(of: summary)
        let text = MarkdownText.cut(markdown + "\n", to: max(0, room), saying: sentence)
        if !text.isEmpty { Self.append(text, to: summary) }
    }

    /// Names and values of one line each, made by us: `status`, `run-id`.
    func set(_ values: KeyValuePairs<String, String>) {
        guard let outputs else { return }
        let lines = values.filter { !$0.value.contains(where: \.isNewline) }.map { "\($0.key)=\($0.value)\n" }
        Self.append(lines.joined(), to: outputs)
    }

    private static func size(of path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(clamping: status.st_size) : 0
    }

    private static func append(_ text: String, to path: String) {
        // Not a pipe or a device that would hold us.
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }
}
