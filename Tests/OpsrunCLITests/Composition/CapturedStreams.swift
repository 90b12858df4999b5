import EventLoop
import OpsrunCLI

/// Surroundings whose output is kept in memory.
final class CapturedStreams: Sendable {
    private let text = Locked((output: "", messages: ""))
    private let environment: [String: String]
    private let isTerminal: Bool
    private let answers: Locked<[String]>
    /// Lines that were typed before anything was asked.
    private let early: Locked<[String]>
    private let folder: String

    init(
        environment: [String: String] = [:], isTerminal: Bool = false, answers: [String] = [],
        typedBefore: [String] = [], folder: String = "/"
    ) {
        early = Locked(typedBefore)
        self.environment = environment
        self.isTerminal = isTerminal
        self.folder = folder
        self.answers = Locked(answers)
    }

    var output: String { text.withLock { $0.output } }
    var messages: String { text.withLock { $0.messages } }

    var surroundings: Surroundings {
        Surroundings(
            environment: environment, workingDirectory: folder, executable: "", user: "anna", host: "runner",
            output: .init(
                isTerminal: isTerminal, width: { 80 }, rows: { 24 },
                write: { [self] piece in text.withLock { $0.output += piece } }),
            messages: .init(
                isTerminal: isTerminal, width: { 80 },
                write: { [self] piece in text.withLock { $0.messages += piece } }),
            isInputTerminal: isTerminal,
            readLine: { [self] in
                let typed = early.withLock { $0.isEmpty ? nil : $0.removeFirst() }
                return typed ?? answers.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            },
            discardInput: { [self] in early.withLock { $0 = [] } })
    }
}
