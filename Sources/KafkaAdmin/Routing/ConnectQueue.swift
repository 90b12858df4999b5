import EventLoop

/// Lets a few connects at a time through to one address; the others wait for their turn.
///
/// A broker's listener queues 50 connections (`socket.listen.backlog.size`) and drops what comes beyond them, which the
/// kernel tries again only after a second: 200 connects at once took 1.0 to 1.4 seconds, in any client. Different addresses
/// do not wait for each other. An actor on the event loop, as those who ask are.
actor ConnectQueue {
    /// Connects to one address at the same time.
    static let limit = 8

    private struct Line {
        var underWay = 0
        /// Who came first goes first.
        var waiting: [(id: UInt64, turn: CheckedContinuation<Bool, Never>)] = []
    }

    private let time: any TimeSource
    private nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private var lines: [BrokerAddress: Line] = [:]
    private var lastID: UInt64 = 0

    init(time: any TimeSource, loop: EventLoop) {
        self.time = time
        self.loop = loop
    }

    /// True when it is the caller's turn, who must `leave`; false when the deadline came first, or the task was cancelled.
    func enter(_ address: BrokerAddress, deadline: Duration) async -> Bool {
        if pass(address) { return true }
        lastID += 1
        let id = lastID
        let giveUp: @Sendable () -> Void = { [weak self, loop] in
            loop.submit { [weak self] in self?.assumeIsolated { $0.giveUp(id, address) } }
        }
        var timer: ScheduledAction?
        defer { timer?.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { turn in
                guard !Task.isCancelled else { return turn.resume(returning: false) }
                // A task may be suspended on the way into these closures, and the last of those before it has left.
                if pass(address) { return turn.resume(returning: true) }
                lines[address, default: Line()].waiting.append((id, turn))
                timer = time.schedule(after: deadline - time.monotonic, giveUp)
            }
        } onCancel: {
            giveUp()
        }
    }

    private func pass(_ address: BrokerAddress) -> Bool {
        guard lines[address, default: Line()].underWay < Self.limit else { return false }
        lines[address, default: Line()].underWay += 1
        return true
    }

    /// Ends a connect that was let through, whatever came of it.
    func leave(_ address: BrokerAddress) {
        guard var line = lines[address] else { return }
        if line.waiting.isEmpty {
            line.underWay -= 1
        } else {
            // The turn is passed on, so the count stays.
            line.waiting.removeFirst().turn.resume(returning: true)
        }
        lines[address] = line.underWay > 0 ? line : nil
    }

    private func giveUp(_ id: UInt64, _ address: BrokerAddress) {
        guard let index = lines[address]?.waiting.firstIndex(where: { $0.id == id }) else { return }
        lines[address]?.waiting.remove(at: index).turn.resume(returning: false)
    }
}
