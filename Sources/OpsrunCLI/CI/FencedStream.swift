internal import EventLoop

/// A stream of a CI job: what is written passes the fence line by line, and commands to the system go past it.
///
/// A line is held back until it ends, since half of a command is none; `flush` lets the last one out.
final class FencedStream: Sendable {
    private let target: Surroundings.Stream
    private let fence: CommandFence
    private let pending = Locked("")

    init(_ target: Surroundings.Stream, _ fence: CommandFence) {
        self.target = target
        self.fence = fence
    }

    var stream: Surroundings.Stream {
        var stream = target
        stream.write = { self.write($0) }
        stream.command = { self.command($0) }
        stream.carriesText = fence.form == .text
        stream.flush = { self.flush() }
        return stream
    }

    private func write(_ text: String) {
        pending.withLock { pending in
            guard let end = text.utf8.lastIndex(of: UInt8(ascii: "\n")) else {
                pending += text
                return
            }
            let whole = pending + text[...end]
            pending = String(text[text.utf8.index(after: end)...])
            target.write(fence.apply(whole))
        }
    }

    /// On lines of its own.
    private func command(_ text: String) {
        pending.withLock { pending in
            if !pending.isEmpty { target.write(fence.apply(pending) + "\n") }
            pending = ""
            target.write(text)
        }
    }

    private func flush() {
        pending.withLock { pending in
            if !pending.isEmpty { target.write(fence.apply(pending)) }
            pending = ""
        }
    }
}

extension Surroundings {
    /// Lets out lines that have not ended.
    package func flush() {
        output.flush()
        messages.flush()
    }

    /// The same, in a CI job with a fence around both streams.
    package func fenced(_ options: Options? = nil) -> Surroundings {
        guard let ci else { return self }
        let isQuoted = options.map { [.json, .jsonl, .yaml, .sarif].contains($0.output) } ?? false
        var fenced = self
        fenced.output = FencedStream(output, CommandFence(isQuoted ? .quoted : .text, system: ci.system)).stream
        fenced.messages = FencedStream(messages, CommandFence(.text, system: ci.system)).stream
        return fenced
    }
}
