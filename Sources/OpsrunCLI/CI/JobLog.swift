internal import EventLoop
internal import RunEngine
internal import Values

/// The log of a run in a CI job: a group for each play or batch, and around everything else the fence that lets no command
/// through. Nil outside of CI.
struct JobLog: Sendable {
    private let commands: LogCommands
    private let say: @Sendable (String) -> Void
    private let clock: any TimeSource
    private var token: String?
    private var group = 0
    private var isGroupOpen = false

    init?(_ surroundings: Surroundings, clock: any TimeSource) {
        guard let ci = surroundings.ci, let say = surroundings.output.command else { return nil }
        commands = LogCommands(ci.system)
        self.say = say
        self.clock = clock
    }

    private var now: Timestamp { Timestamp(milliseconds: clock.sinceEpoch.milliseconds) }

    /// Before what is said of an event.
    mutating func note(_ event: RunEvent) {
        switch event.body {
        case .playOpened(let play): begin("PLAY \(play.name)")
        case .batchOpened(let batch) where batch.batches > 1:
            begin("BATCH \(batch.batch + 1)/\(batch.batches) \(batch.hosts.prefix(8).joined(separator: ", "))")
        default: if token == nil { fence() }
        }
    }

    private mutating func begin(_ title: String) {
        open()
        if isGroupOpen { tell(commands.endGroup(number: group, at: now)) }
        group += 1
        isGroupOpen = true
        tell(commands.beginGroup(title, number: group, at: now))
        fence()
    }

    /// The recap is not folded away.
    mutating func endGroup() {
        guard isGroupOpen else { return }
        isGroupOpen = false
        open()
        tell(commands.endGroup(number: group, at: now))
        fence()
    }

    /// The job goes on: its commands are read again.
    mutating func close() { open() }

    private mutating func fence() {
        let token = LogCommands.token()
        self.token = token
        tell(commands.beginFence(token))
    }

    private mutating func open() {
        guard let token else { return }
        self.token = nil
        tell(commands.endFence(token))
    }

    private func tell(_ text: String) { if !text.isEmpty { say(text) } }
}
