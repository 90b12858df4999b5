import Playbooks
import RunEngine
import Values

/// Events as a run would make them, for the views: a roll of three brokers whose second one is held at a gate.
struct RunStory {
    static let start: Int64 = 1_795_258_800_000

    private(set) var events: [RunEvent] = []
    private(set) var now: Int64 = RunStory.start

    mutating func wait(_ seconds: Double) { now += Int64(seconds * 1000) }

    mutating func say(_ body: RunEvent.Body) {
        events.append(RunEvent(sequence: events.count + 1, time: Timestamp(milliseconds: now), body: body))
    }

    var state: RunState {
        var state = RunState()
        for event in events { state.apply(event) }
        return state
    }

    mutating func open(speedNote: String? = "embedded cluster, time ×20") {
        var opened = RunOpened()
        opened.runID = "01890a5d-ac96-774b-bcce-b302099a8057"
        opened.playbook = "playbooks/rolling-upgrade.yml"
        opened.playbookName = "Rolling upgrade of Kafka"
        opened.inventory = "inventories/default.yml"
        opened.speedNote = speedNote
        opened.clusters = [ClusterIdentity(name: "demo", id: "b3BzcnVuLXNpbXVsYXRlZA", isProtected: false)]
        say(.runOpened(opened))
    }

    mutating func play(_ name: String, _ hosts: [String], batches: Int, excluded: [String: String] = [:]) {
        var play = PlayOpened()
        play.name = name
        play.hosts = hosts
        play.batches = batches
        play.excluded = excluded.sorted { $0.key < $1.key }.map { ExcludedHost(host: $0.key, reason: $0.value) }
        say(.playOpened(play))
    }

    mutating func batch(_ number: Int, of count: Int, _ hosts: [String]) {
        var batch = BatchOpened()
        batch.batch = number
        batch.batches = count
        batch.hosts = hosts
        say(.batchOpened(batch))
    }

    mutating func closeBatch(_ number: Int) {
        var batch = BatchClosed()
        batch.batch = number
        say(.batchClosed(batch))
    }

    mutating func begin(_ name: String, _ action: String, _ host: String) {
        var task = TaskStarted()
        task.key = "0/\(name)/\(host)"
        task.host = host
        task.name = name
        task.action = action
        task.effect = "checked"
        say(.taskStarted(task))
    }

    mutating func progress(_ name: String, _ host: String, _ message: String, _ state: String?) {
        var progress = TaskProgressed()
        progress.key = "0/\(name)/\(host)"
        progress.host = host
        progress.message = message
        progress.brokerState = state
        say(.taskProgressed(progress))
    }

    mutating func end(
        _ name: String, _ action: String, _ host: String, _ status: StepStatus, seconds: Double = 0,
        failure: StepFailure? = nil, reason: String? = nil
    ) {
        var task = TaskFinished()
        task.key = "0/\(name)/\(host)"
        task.host = host
        task.name = name
        task.action = action
        task.status = status
        task.duration = .milliseconds(Int64(seconds * 1000))
        task.failure = failure.map { FailureRecord($0) }
        task.reason = reason
        say(.taskFinished(task))
    }

    mutating func openGate(_ gate: String, _ host: String, stableFor: Duration? = .seconds(60)) {
        var started = GateStarted()
        started.key = "0/\(gate)/\(host)/\(events.count)"
        gateKey = started.key
        started.host = host
        started.gate = gate
        started.action = "kafka.cluster_health"
        started.interval = .seconds(5)
        started.stableFor = stableFor
        started.stalledFor = .seconds(600)
        say(.gateStarted(started))
    }

    private var gateKey = ""

    /// Of the gate that was opened last.
    var openKey: String { gateKey }

    mutating func sample(
        _ gate: String, _ host: String, passes: Bool, reasons: [String] = [], goodFor: Double = 0, elapsed: Double,
        stalled: Double = 0
    ) {
        var sample = GateSampled()
        sample.key = gateKey
        sample.host = host
        sample.gate = gate
        sample.passes = passes
        sample.reasons = reasons
        sample.goodFor = .milliseconds(Int64(goodFor * 1000))
        sample.elapsed = .milliseconds(Int64(elapsed * 1000))
        sample.stalledFor = .milliseconds(Int64(stalled * 1000))
        sample.isChange = true
        say(.gateSampled(sample))
    }

    mutating func closeGate(
        _ gate: String, _ host: String, _ verdict: GateFinished.Verdict, seconds: Double, samples: Int,
        reasons: [String] = []
    ) {
        var finished = GateFinished()
        finished.key = gateKey
        finished.host = host
        finished.gate = gate
        finished.verdict = verdict
        finished.duration = .milliseconds(Int64(seconds * 1000))
        finished.samples = samples
        finished.reasons = reasons
        say(.gateFinished(finished))
    }

    mutating func close(_ status: RunClosed.Status, _ exit: ExitCode, _ message: String, seconds: Double) {
        var closed = RunClosed()
        closed.status = status
        closed.exitCode = Int(exit.rawValue)
        closed.message = message
        closed.duration = .milliseconds(Int64(seconds * 1000))
        say(.runClosed(closed))
    }

    static let held = ["orders-3: 2 of 3 replicas in sync, kafka-2 is missing", "orders-7: 2 of 3 replicas in sync"]

    /// Up to the moment at which the second broker restarts.
    static func rolling() -> RunStory {
        var story = RunStory()
        story.open()
        story.play(
            "Brokers", ["kafka-1", "kafka-2", "kafka-3", "kafka-4"], batches: 3,
            excluded: ["kafka-4": "when: host.running_version != target_version"])
        story.batch(0, of: 3, ["kafka-1"])
        story.begin("Put the new version beside the old", "broker.install", "kafka-1")
        story.wait(2)
        story.end("Put the new version beside the old", "broker.install", "kafka-1", .changed, seconds: 2)
        story.begin("Restart", "broker.restart", "kafka-1")
        story.wait(11)
        story.end("Restart", "broker.restart", "kafka-1", .changed, seconds: 11)
        story.openGate("isr_recovered", "kafka-1")
        story.wait(75)
        story.closeGate("isr_recovered", "kafka-1", .passed, seconds: 75, samples: 16)
        story.closeBatch(0)
        story.batch(1, of: 3, ["kafka-2"])
        story.begin("Restart", "broker.restart", "kafka-2")
        story.wait(4)
        story.progress("Restart", "kafka-2", "stopping: waiting for the connection to close", "stopping")
        return story
    }

    /// On to a gate that holds, and fails.
    static func held(fails: Bool) -> RunStory {
        var story = rolling()
        story.end("Restart", "broker.restart", "kafka-2", .changed, seconds: 9)
        story.openGate("isr_recovered", "kafka-2")
        story.wait(41)
        story.sample("isr_recovered", "kafka-2", passes: false, reasons: held, elapsed: 41, stalled: 20)
        guard fails else { return story }
        story.wait(600)
        story.closeGate("isr_recovered", "kafka-2", .stalled, seconds: 641, samples: 129, reasons: held)
        var failed = HostFailed()
        failed.host = "kafka-2"
        failed.task = "isr_recovered"
        failed.failure = FailureRecord(
            StepFailure(
                .gate, "isr_recovered made no progress for 10m", causes: ["2 partitions are under-replicated"],
                nextAction: "see why kafka-2 does not catch up, then run again", details: held))
        story.say(.hostFailed(failed))
        story.close(.failed, .gateFailed, "gate isr_recovered failed on kafka-2", seconds: 735)
        return story
    }
}
