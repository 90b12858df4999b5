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
            runID: runID, folder: ApprovalFolder(path: store.approvalsFolder(of: runID)))
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
            inputs, digests: Set([plan.digest, inputs.reviewed?.digest].compactMap(\.self)), runID: nil, folder: nil)
        var count = ApprovalCount(
            approval, approvers: approval.users(in: inputs.inventory).users, initiators: initiators(nil))
        await desk.collect(into: &count, task: nil, step: nil, mustType: nil)
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
            event.planDigest = inputs.reviewed?.digest ?? plan.digest
            event.reason = voice.reason
            event.remaining = count.minimum - number - 1
            return event
        }
    }

    private var topicSinks: [any CheckpointSink] {
        inputs.checkpointTopics.flatMap { topic in
            plan.clusters.compactMap { cluster in
                prepared.access[cluster.name].map { CheckpointTopic(topic: topic, cluster: $0.clusterOperator) }
            }
        }
    }

    /// Fails closed, as the audit log itself does: a run whose checkpoint cannot be kept does not act.
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
                    throw RecordFailure(
                        message: "the checkpoint of the audit log cannot be kept (\(sink.name)): \(failure.message)")
                }
            }
        }
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
