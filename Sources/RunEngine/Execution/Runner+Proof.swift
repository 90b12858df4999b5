import EventLoop
import KafkaAdmin
import Playbooks
import Values

/// What a run owes to people outside of it: approvals that were signed, and checkpoints of its audit logs.
extension Runner {
    func desk(_ runID: String, _ history: RunHistory?) -> ApprovalDesk {
        ApprovalDesk(
            inputs,
            digests: Set([plan.digest, inputs.reviewed?.digest, history?.opened.reviewedDigest].compactMap(\.self)),
            runID: runID, folder: ApprovalFolder(path: store.approvalsFolder(of: runID)),
            used: UsedApprovals(store))
    }

    func initiators(_ history: RunHistory?) -> Set<String> {
        if let opened = history?.opened { return opened.initiators }
        return opened("").initiators
    }

    /// What was signed for the plan as a whole, where it wants that: nothing of it runs without.
    func approvalsOfPlan() async throws -> [ApprovalDecided] {
        guard inputs.options.breakGlass == nil, let planned = plan.approvals.first(where: \.isWholePlan) else {
            return []
        }
        let approval = Approval(planned)
        let desk = ApprovalDesk(
            inputs, digests: Set([plan.digest, inputs.reviewed?.digest].compactMap(\.self)), runID: nil, folder: nil,
            used: UsedApprovals(store))
        var count = ApprovalCount(
            approval, approvers: approval.users(in: inputs.inventory).users, initiators: initiators(nil))
        try await desk.collect(into: &count, task: nil, step: nil, mustType: nil)
        if let voice = count.denied {
            throw StepFailure(
                .refused, "the plan was denied by \(voice.by)" + (voice.reason.map { ": \($0)" } ?? ""))
        }
        guard count.isComplete else {
            let (names, others) = count.possibleSigners(desk.signers)
            let who = names.isEmpty || others ? "whoever may sign" : names.joined(separator: " or ")
            throw StepFailure(
                .refused, "\(planned.prompt): nobody has approved this plan", causes: count.uncounted,
                nextAction: "let \(who) sign it with `opsrun approve FILE`, then apply it again")
        }
        return count.granted.prefix(count.minimum).enumerated().map { number, voice in
            var event = ApprovalDecided()
            event.key = "plan"
            event.decision = .granted
            event.by = voice.by
            event.method = voice.method
            event.keyFingerprint = voice.key
            event.text = voice.text
            event.expires = voice.expires
            event.planDigest = inputs.reviewed?.digest ?? plan.digest
            event.reason = voice.reason
            event.remaining = count.minimum - number - 1
            return event
        }
    }

    /// Broken glass counts for the process that it was broken for. Why the run cannot be gone on with without: what nobody has
    /// approved would count as approved.
    func unbrokenGlass(_ stopped: StoppedRun) -> StepFailure? {
        let history = stopped.history
        guard inputs.options.breakGlass == nil, history.wasGlassBroken else { return nil }
        let asksLater = plan.approvals.contains { !$0.isWholePlan }
        let isUnapproved =
            plan.hasEffects && history.grants.isEmpty && !asksLater && plan.clusters.contains(where: \.isProtected)
        guard !history.overridden.isEmpty || isUnapproved else { return nil }
        return StepFailure(
            .refused, "broken glass stood in for the approvals of this run, and counts for no resume",
            causes: history.downHosts.sorted().map { "\($0) was stopped by this run and is not proven back" },
            nextAction: "declare it again: opsrun resume \(stopped.runID) --break-glass REASON; or end the run with "
                + "`opsrun cancel \(stopped.runID)`")
    }

    /// Of a cluster that was down when the plan was made, too: what is to be kept there cannot be.
    private var topicSinks: [any CheckpointSink] {
        inputs.checkpointTopics.flatMap { topic in
            plan.clusters.map { cluster -> any CheckpointSink in
                guard let access = prepared.access[cluster.name] else {
                    return UnreachableTopic(topic: topic, cluster: cluster.name)
                }
                return CheckpointTopic(topic: topic, cluster: access.clusterOperator)
            }
        }
    }

    /// Fails closed, as the audit log itself does: a run whose checkpoint cannot be kept does not act. Broken glass goes on
    /// without the topic of a cluster that is down, and says so: else nobody could bring it up.
    func keepCheckpoints(_ recorder: RunRecorder) async throws(RecordFailure) {
        let sinks = inputs.checkpointSinks + topicSinks
        guard !sinks.isEmpty else { return }
        let time = Timestamp(milliseconds: SystemTimeSource().sinceEpoch.milliseconds)
        for unsigned in await recorder.checkpoints(at: time) {
            var checkpoint = unsigned
            do throws(CheckpointKey.Failure) {
                if let key = inputs.checkpointKey { try checkpoint.sign(with: key) }
            } catch {
                throw RecordFailure(message: "the checkpoint of the audit log cannot be signed: \(error)")
            }
            for sink in sinks {
                do {
                    try await sink.keep(checkpoint)
                } catch {
                    let failure = StepFailure(converting: error)
                    if sink is UnreachableTopic, inputs.options.breakGlass != nil {
                        var finding = Finding()
                        finding.message =
                            "BREAK GLASS: the checkpoint of the audit log is not kept (\(sink.name)): \(failure.message)"
                        // The end of the run says it once more by what it has found.
                        if await recorder.state.closed == nil { try await recorder.record(.finding(finding)) }
                        continue
                    }
                    throw RecordFailure(
                        message: "the checkpoint of the audit log cannot be kept (\(sink.name)): \(failure.message)")
                }
            }
        }
    }
}

private struct UnreachableTopic: CheckpointSink {
    let topic: String
    let cluster: String

    var name: String { "topic:\(topic)" }

    func keep(_ checkpoint: AuditCheckpoint) async throws {
        throw StepFailure(.unreachable, "\(cluster) could not be reached when the plan was made")
    }
}

/// A topic of a cluster; the record's key is the log, so a compacted topic keeps the newest end of each.
private struct CheckpointTopic: CheckpointSink {
    let topic: String
    let cluster: any ClusterOperator

    var name: String { "topic:\(topic)" }

    func keep(_ checkpoint: AuditCheckpoint) async throws {
        try await cluster.append(Array(checkpoint.line.utf8), key: Array(checkpoint.log.utf8), to: topic)
    }
}
