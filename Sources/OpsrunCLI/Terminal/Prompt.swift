internal import EventLoop

/// Puts questions to whoever sits at the terminal.
///
/// Reading a terminal blocks, so it happens on a thread of its own; a question that is cancelled is given up at once, and the
/// thread is left to the line that may still come.
package struct Prompt: Sendable {
    private static let thread = BlockingThread(name: "opsrun-prompt")

    private let surroundings: Surroundings

    package init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    /// The line that was typed; nil at the end of the input and when the task is cancelled. What was typed before the question
    /// stood there is no answer to it.
    package func ask(_ question: String) async -> String? {
        surroundings.discardInput()
        surroundings.messages.write(question)
        let once = FirstAnswer()
        let readLine = surroundings.readLine
        return await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                once.wait(waiter)
                if !Self.thread.submit({ once.answer(readLine()) }) { once.answer(nil) }
            }
        } onCancel: {
            once.answer(nil)
        }
    }

    /// Whether the answer is a yes: `y` or `yes`.
    package static func isYes(_ answer: String?) -> Bool {
        ["y", "yes"].contains(answer?.lowercased().filter { $0 != " " } ?? "")
    }
}

/// The first of an answer and a cancellation wakes the one who asked.
private final class FirstAnswer: Sendable {
    private struct State {
        var waiter: CheckedContinuation<String?, Never>?
        var isAnswered = false
    }

    private let state = Locked(State())

    func wait(_ waiter: CheckedContinuation<String?, Never>) {
        let isLate = state.withLock { state in
            if !state.isAnswered { state.waiter = waiter }
            return state.isAnswered
        }
        if isLate { waiter.resume(returning: nil) }
    }

    func answer(_ text: String?) {
        let waiter = state.withLock { state -> CheckedContinuation<String?, Never>? in
            state.isAnswered = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: text)
    }
}
