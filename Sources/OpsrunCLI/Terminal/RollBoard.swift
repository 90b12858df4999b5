package import RunEngine

/// Where each host of the play stands: a fold over events for the roll view.
package struct RollBoard: Sendable {
    package enum NodeState: String, Sendable, CaseIterable {
        case waiting, checking, installing, stopping, down, starting
        case catchingUp = "catching up"
        case back
        case working, done, failed
        case rollingBack = "rolling back"
        case rolledBack = "rolled back"

        var role: Style.Role {
            switch self {
            case .waiting: .quiet
            case .back, .done: .good
            case .failed: .bad
            case .stopping, .down, .starting, .rollingBack, .rolledBack: .changed
            case .checking, .installing, .catchingUp, .working: .info
            }
        }
    }

    package struct Cell: Sendable, Hashable {
        package var host: String
        package var state: NodeState
    }

    package private(set) var play = ""
    package private(set) var batch = 0
    package private(set) var batches = 0
    package private(set) var cells: [Cell] = []
    private var index: [String: Int] = [:]
    /// Hosts whose process has been taken down in this play: a gate on them waits for them to catch up.
    private var wasDown: Set<String> = []
    private var undoing: Set<String> = []

    package init() {}

    package subscript(_ host: String) -> NodeState? { index[host].map { cells[$0].state } }

    package mutating func apply(_ event: RunEvent) {
        switch event.body {
        case .playOpened(let opened):
            self = RollBoard()
            play = opened.name
            batches = opened.batches
            // A play on the runner alone has no roll to show.
            guard opened.hosts != ["localhost"] else { return }
            for host in opened.hosts { add(host) }
        case .batchOpened(let opened):
            (batch, batches) = (opened.batch, opened.batches)
            for host in opened.hosts where host != "localhost" { add(host) }
        case .taskStarted(let task): set(task.host, started(task))
        case .taskProgressed(let progress):
            guard let state = progress.brokerState.flatMap(NodeState.init(rawValue:)) else { return }
            set(progress.host, state)
        case .taskFinished(let task): finish(task)
        case .gateStarted(let gate): setAll(gate.host, wasDown.contains(gate.host) ? .catchingUp : .checking)
        case .gateFinished(let gate):
            guard gate.verdict == .passed else { return }
            setAll(gate.host, wasDown.contains(gate.host) ? .back : .working)
        case .sectionOpened(let section):
            guard section.section == .undo else { return }
            undoing.insert(section.host)
            set(section.host, .rollingBack)
        case .sectionClosed(let section):
            guard section.section == .undo else { return }
            undoing.remove(section.host)
            set(section.host, section.succeeded ? .rolledBack : .failed)
        case .hostFailed(let failed):
            if self[failed.host] != .rolledBack { set(failed.host, .failed) }
        case .batchClosed(let closed):
            for cell in cells where !closed.failed.contains(cell.host) {
                if ![.waiting, .failed, .rolledBack].contains(cell.state) { set(cell.host, .done) }
            }
        default: break
        }
    }

    private mutating func add(_ host: String) {
        guard index[host] == nil else { return }
        index[host] = cells.count
        cells.append(Cell(host: host, state: .waiting))
    }

    private mutating func set(_ host: String, _ state: NodeState) {
        guard let place = index[host] else { return }
        if [.stopping, .down, .starting].contains(state) { wasDown.insert(host) }
        cells[place].state = undoing.contains(host) && state != .failed ? .rollingBack : state
    }

    /// A gate that runs once for the batch shows on the host that runs it.
    private mutating func setAll(_ host: String, _ state: NodeState) { set(host, state) }

    private func started(_ task: TaskStarted) -> NodeState {
        switch task.action {
        case "broker.install", "broker.activate": .installing
        case "broker.stop", "broker.restart": .stopping
        case "broker.start": .starting
        default: self[task.host] == .back ? .back : .working
        }
    }

    private mutating func finish(_ task: TaskFinished) {
        guard [.ok, .changed].contains(task.status) else { return }
        switch task.action {
        case "broker.restart", "broker.start": set(task.host, .back)
        case "broker.stop": set(task.host, .down)
        default: break
        }
    }
}
