import Playbooks
package import Values

/// One thing that happened in a run. The journal, the terminal, the console, the reports and resume are all made of these
/// (schema `opsrun.event/1`, which only grows).
package struct RunEvent: Sendable {
    package static let schema = "opsrun.event/1"

    /// Place in the journal, from 1 without gaps; 0 for what is shown and not kept (`Body.storage`).
    package var sequence: Int
    package var time: Timestamp
    package var body: Body

    package init(sequence: Int, time: Timestamp, body: Body) {
        self.sequence = sequence
        self.time = time
        self.body = body
    }

    package enum Body: Sendable {
        case runOpened(RunOpened)
        /// Another process goes on with the run.
        case runResumed(RunResumed)
        case planned(PlanSummary)
        case playOpened(PlayOpened)
        case playSkipped(PlaySkipped)
        case batchOpened(BatchOpened)
        case batchClosed(BatchClosed)
        /// The intent: durable before the effect may start.
        case taskStarted(TaskStarted)
        case taskProgressed(TaskProgressed)
        case taskOutput(TaskOutput)
        case stepRecorded(StepRecorded)
        case taskRetried(TaskRetried)
        case taskFinished(TaskFinished)
        case loopOpened(LoopOpened)
        /// A person says what became of a step.
        case stepResolved(StepResolved)
        /// What was changed for the run's time only is put back.
        case restoreStarted(RestoreStarted)
        case restoreFinished(RestoreFinished)
        case gateStarted(GateStarted)
        case gateSampled(GateSampled)
        case gateFinished(GateFinished)
        case approvalRequested(ApprovalRequested)
        case approvalDecided(ApprovalDecided)
        case sectionOpened(SectionOpened)
        case sectionClosed(SectionClosed)
        case hostFailed(HostFailed)
        case finding(Finding)
        case signalReceived(SignalReceived)
        case lockTaken(LockTaken)
        case lockLost(LockLost)
        case runClosed(RunClosed)
    }

    /// How long an event lives.
    package enum Storage: Sendable {
        /// On disk (fdatasync) before anything that depends on it starts.
        case durable
        /// In the journal, with the next sync.
        case written
        /// Only to who is watching now.
        case shown
    }
}

extension RunEvent.Body {
    package var storage: RunEvent.Storage {
        switch self {
        case .taskOutput: .shown
        case .gateSampled(let sample): sample.isChange ? .written : .shown
        case .taskProgressed, .taskRetried, .playOpened, .playSkipped, .batchClosed, .planned, .gateStarted, .finding,
            .sectionOpened, .loopOpened:
            .written
        default: .durable
        }
    }

    /// The `type` of the machine form.
    package var type: String { visit { type, _ in type } }

    /// Calls `body` with the type's name and the payload.
    private func visit<Result>(_ body: (String, any EventPart) -> Result) -> Result {
        switch self {
        case .runOpened(let part): body("run_opened", part)
        case .runResumed(let part): body("run_resumed", part)
        case .planned(let part): body("planned", part)
        case .playOpened(let part): body("play_opened", part)
        case .playSkipped(let part): body("play_skipped", part)
        case .batchOpened(let part): body("batch_opened", part)
        case .batchClosed(let part): body("batch_closed", part)
        case .taskStarted(let part): body("task_started", part)
        case .taskProgressed(let part): body("task_progressed", part)
        case .taskOutput(let part): body("task_output", part)
        case .stepRecorded(let part): body("step_recorded", part)
        case .taskRetried(let part): body("task_retried", part)
        case .taskFinished(let part): body("task_finished", part)
        case .loopOpened(let part): body("loop_opened", part)
        case .stepResolved(let part): body("step_resolved", part)
        case .restoreStarted(let part): body("restore_started", part)
        case .restoreFinished(let part): body("restore_finished", part)
        case .gateStarted(let part): body("gate_started", part)
        case .gateSampled(let part): body("gate_sampled", part)
        case .gateFinished(let part): body("gate_finished", part)
        case .approvalRequested(let part): body("approval_requested", part)
        case .approvalDecided(let part): body("approval_decided", part)
        case .sectionOpened(let part): body("section_opened", part)
        case .sectionClosed(let part): body("section_closed", part)
        case .hostFailed(let part): body("host_failed", part)
        case .finding(let part): body("finding", part)
        case .signalReceived(let part): body("signal_received", part)
        case .lockTaken(let part): body("lock_taken", part)
        case .lockLost(let part): body("lock_lost", part)
        case .runClosed(let part): body("run_closed", part)
        }
    }

    /// Writes `type` and the payload's fields.
    func write(to writer: inout EventWriter) {
        visit { type, part in
            var (type, part) = (type, part)
            writer.field("type", &type)
            part.fields(&writer)
        }
    }

    /// Nil for a type that this release does not know.
    init?(type: String, reading object: JSONObject) {
        switch type {
        case "run_opened": self = .runOpened(RunOpened(reading: object))
        case "run_resumed": self = .runResumed(RunResumed(reading: object))
        case "planned": self = .planned(PlanSummary(reading: object))
        case "play_opened": self = .playOpened(PlayOpened(reading: object))
        case "play_skipped": self = .playSkipped(PlaySkipped(reading: object))
        case "batch_opened": self = .batchOpened(BatchOpened(reading: object))
        case "batch_closed": self = .batchClosed(BatchClosed(reading: object))
        case "task_started": self = .taskStarted(TaskStarted(reading: object))
        case "task_progressed": self = .taskProgressed(TaskProgressed(reading: object))
        case "task_output": self = .taskOutput(TaskOutput(reading: object))
        case "step_recorded": self = .stepRecorded(StepRecorded(reading: object))
        case "task_retried": self = .taskRetried(TaskRetried(reading: object))
        case "task_finished": self = .taskFinished(TaskFinished(reading: object))
        case "loop_opened": self = .loopOpened(LoopOpened(reading: object))
        case "step_resolved": self = .stepResolved(StepResolved(reading: object))
        case "restore_started": self = .restoreStarted(RestoreStarted(reading: object))
        case "restore_finished": self = .restoreFinished(RestoreFinished(reading: object))
        case "gate_started": self = .gateStarted(GateStarted(reading: object))
        case "gate_sampled": self = .gateSampled(GateSampled(reading: object))
        case "gate_finished": self = .gateFinished(GateFinished(reading: object))
        case "approval_requested": self = .approvalRequested(ApprovalRequested(reading: object))
        case "approval_decided": self = .approvalDecided(ApprovalDecided(reading: object))
        case "section_opened": self = .sectionOpened(SectionOpened(reading: object))
        case "section_closed": self = .sectionClosed(SectionClosed(reading: object))
        case "host_failed": self = .hostFailed(HostFailed(reading: object))
        case "finding": self = .finding(Finding(reading: object))
        case "signal_received": self = .signalReceived(SignalReceived(reading: object))
        case "lock_taken": self = .lockTaken(LockTaken(reading: object))
        case "lock_lost": self = .lockLost(LockLost(reading: object))
        case "run_closed": self = .runClosed(RunClosed(reading: object))
        default: return nil
        }
    }
}

extension RunEvent {
    /// One line of `--output jsonl`, without the newline.
    package func jsonLine(runID: String) -> String {
        var writer = EventWriter()
        var (schema, run) = (Self.schema, runID)
        writer.open()
        writer.field("schema", &schema)
        writer.field("run", &run)
        writeMembers(to: &writer)
        writer.close()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// The machine form as a value: `type`, `seq` (absent for what is not kept), `time`, and the fields of its type.
    package func json() -> Value {
        var writer = EventWriter()
        writer.open()
        writeMembers(to: &writer)
        writer.close()
        return (try? JSON.parse(writer.bytes)) ?? .null
    }

    /// Reads what `jsonLine` and the journal write; nil for another shape or a type that this release does not know.
    package init?(_ line: [UInt8]) {
        let event = line.withUnsafeBytes { bytes -> RunEvent? in
            var object = JSONObject()
            return object.load(bytes) ? RunEvent(reading: &object) : nil
        }
        guard let event else { return nil }
        self = event
    }

    init?(reading object: inout JSONObject) {
        let sequence = Int(clamping: object.int("seq") ?? 0)
        guard let time = object.text("time").flatMap(Timestamp.init(rfc3339Text:)), let type = object.text("type"),
            let body = Body(type: type, reading: object)
        else { return nil }
        self.init(sequence: sequence, time: time, body: body)
    }

    private func writeMembers(to writer: inout EventWriter) {
        var number: Int? = sequence > 0 ? sequence : nil
        var stamp: Timestamp? = time
        writer.field("seq", &number)
        writer.field("time", &stamp)
        body.write(to: &writer)
    }
}
