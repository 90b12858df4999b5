import EventLoop
import KafkaAdmin
import Playbooks
import Values

/// Puts back what a run changed for its own time, by the actions that its steps named; each with its intent and its outcome
/// in the journal.
///
/// 1. Newest first. 2. Of one step, nothing that is older than what could not be put back: moves that are still in flight
/// keep their throttle. 3. Of two changes of one place the older one waits for the newer one, whose step may still count on
/// both; it is put back with it, at the latest at the end of the run. 4. What cannot be put back stays held, and is said:
/// `resume`, `cancel` and a later look find it.
struct Restorer: Sendable {
    /// One change is given up after this long; a cluster that does not answer keeps nobody longer.
    static let limit = Duration.seconds(60)

    let inputs: RunInputs
    let index: ActionIndex
    let access: [String: ClusterAccess]
    let recorder: RunRecorder
    let stopper: Stopper
    let mask: SecretMask
    /// Whoever has lost a cluster's lock puts nothing back: another run may be at work there.
    let leases: HeldLeases
    /// Numbers of the changes whose steps have given them back while another step counted on them.
    let waiting = Locked<Set<Int>>([])

    /// Puts back what is held, of one step or of the whole run; `untilResumed`: a resume sets again what it can. Answers with a sentence for each thing that is left.
    func restore(of key: String? = nil, untilResumed: Bool = false) async throws(RecordFailure) -> [String] {
        let all = await recorder.state.temporary.held
        let parked = waiting.withLock { $0 }
        let held = all.filter { key == nil || $0.key == key || parked.contains($0.number) }
        var gone: Set<Int> = []
        var left: [(number: Int, line: String)] = []
        var stuck: Set<String> = []
        for change in held.reversed() {
            guard !stuck.contains(change.key) else {
                left.append(
                    (change.number, Self.line(change, "it waits for what has to be put back before it", recorder)))
                continue
            }
            if let user = all.first(where: { other in
                other.number > change.number && !gone.contains(other.number) && other.clusterID == change.clusterID
                    && !other.places.isDisjoint(with: change.places)
            }) {
                _ = waiting.withLock { $0.insert(change.number) }
                let line =
                    key == nil
                    ? Self.line(change, "it waits for \(user.what)", recorder)
                    : "\(change.what) (step \(user.key) counts on it, and takes it back with its own)"
                if key == nil || change.key == key { left.append((change.number, line)) }
                continue
            }
            guard leases.areHeld else {
                left.append((change.number, Self.line(change, "the lock of the cluster was lost", recorder)))
                continue
            }
            guard !stopper.isKilling else {
                left.append((change.number, Self.line(change, "the run was killed", recorder)))
                continue
            }
            let end = try await perform(change, again: false, isForExit: untilResumed)
            switch end.result {
            case .restored, .unneeded: gone.insert(change.number)
            case .taken:
                gone.insert(change.number)
                left.append((change.number, end.message ?? end.what))
            case .failed:
                stuck.insert(change.key)
                left.append((change.number, Self.line(change, end.message ?? "nobody knows", recorder)))
            }
        }
        return left.sorted { $0.number < $1.number }.map(\.line)
    }

    /// Sets again what was put back while the run stood still. Nil: it is as the step left it.
    func setAgain(_ change: TemporaryChange) async throws(RecordFailure) -> String? {
        guard leases.areHeld else { return "the lock of the cluster was lost" }
        guard !stopper.isStopping else { return "the run is stopped" }
        let end = try await perform(change, again: true, isForExit: false)
        switch end.result {
        case .restored, .unneeded: return nil
        case .taken, .failed: return end.message ?? end.what
        }
    }

    /// What is left of a change, for people.
    static func line(_ change: TemporaryChange, _ reason: String, _ recorder: RunRecorder) -> String {
        line(change, reason, run: recorder.runID)
    }

    static func line(_ change: TemporaryChange, _ reason: String, run: String) -> String {
        "\(change.what) (\(reason)); `opsrun cancel \(run)` puts it back"
    }

    private func perform(
        _ change: TemporaryChange, again: Bool, isForExit: Bool
    ) async throws(RecordFailure) -> RestoreFinished {
        var start = RestoreStarted()
        start.change = change.number
        start.key = change.key
        start.host = change.host
        start.what = change.what
        start.action = change.action
        if again { start.isAgain = true }
        if isForExit, change.isRepeatable { start.isForExit = true }
        try await recorder.record(.restoreStarted(start))
        var end = RestoreFinished()
        end.change = change.number
        end.key = change.key
        end.host = change.host
        end.what = change.what
        if again { end.isAgain = true }
        if isForExit, change.isRepeatable { end.isForExit = true }
        do {
            (end.result, end.message) = Self.judge(try await run(change, again: again))
        } catch {
            (end.result, end.message) = (.failed, Self.text(StepFailure(converting: error)))
        }
        end.message = end.message.map { mask.apply($0) }
        try await recorder.record(.restoreFinished(end))
        return end
    }

    private func run(_ change: TemporaryChange, again: Bool) async throws -> ActionOutcome {
        guard let entry = index[change.action] else {
            throw StepFailure(.refused, "this release has no action \(change.action)")
        }
        let cluster = change.cluster.isEmpty ? nil : access[change.cluster]
        guard change.cluster.isEmpty || cluster != nil else {
            throw StepFailure(.unreachable, "\(change.cluster) cannot be reached")
        }
        if let cluster, !change.clusterID.isEmpty, cluster.clusterID != change.clusterID {
            throw StepFailure(.refused, "\(change.cluster) is another cluster now: \(cluster.clusterID)")
        }
        var values = ValueMap()
        for parameter in entry.reference.parameters {
            if let value = change.arguments[parameter.name] ?? parameter.defaultValue, !value.isNull {
                values[parameter.name] = value
            }
        }
        if again { values["again"] = true }
        let action = try entry.make(
            Arguments(values: values, span: SourceSpan(file: inputs.playbook.path, line: 0, column: 0)))
        let host = inputs.inventory.host(change.host) ?? Host.localhost
        var reading = ReadContext(
            host: host, inventory: inputs.inventory, clusterSettings: inputs.inventory.cluster(change.cluster),
            cluster: cluster?.reader.ending(within: Self.limit), time: inputs.time, timeout: Self.limit, become: false,
            environment: [], folder: "",
            evaluate: { _, _ in throw StepFailure(.internalError, "nothing is evaluated here") }, scope: { [:] })
        reading.clusterID = cluster?.clusterID
        let context = StepContext(
            reading: reading,
            clusterOperator: cluster?.clusterOperator.ending(within: Self.limit)
                .asking(WriteAdmission(leases).askClient), key: change.key,
            runID: recorder.runID, outputFolder: "", approvals: [], report: { _ in }, record: { _ in },
            isStopping: { false })
        switch try await stopper.bound(
            Self.limit, on: inputs.time, endsOnSignal: false, { try await action.run(in: context) })
        {
        case .finished(let outcome): return outcome
        case .timedOut, .stopped: throw StepFailure(.timedOut, "it did not end within \(Self.limit.text)")
        }
    }

    private static func judge(_ outcome: ActionOutcome) -> (RestoreFinished.Result, String?) {
        switch outcome.status {
        case .failed(let failure), .unknown(let failure): return (.failed, text(failure))
        case .stopped(let reason): return (.failed, reason)
        case .ok, .changed, .skipped:
            let taken = outcome.result["taken"]?.listValue?.compactMap(\.stringValue) ?? []
            if !taken.isEmpty { return (.taken, taken.joined(separator: "; ")) }
            if case .changed = outcome.status { return (.restored, nil) }
            return (.unneeded, nil)
        }
    }

    private static func text(_ failure: StepFailure) -> String {
        ([failure.message] + failure.causes + failure.details).joined(separator: ": ")
    }
}
