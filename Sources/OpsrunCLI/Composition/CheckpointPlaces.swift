internal import EventLoop
internal import Playbooks
internal import RunEngine

// Where a run keeps the ends of its audit logs besides: what the inventory says, and --checkpoint.
extension RunCommand {
    /// Throws for what is no place, and for a key that cannot sign.
    func keepCheckpoints(of inventory: Inventory, _ inputs: inout RunInputs) throws(StepFailure) {
        var places = inventory.audit.places
        for text in options.checkpoints {
            guard let place = AuditSettings.Place(text, folder: "") else {
                throw StepFailure(
                    .invalid, "--checkpoint wants \(AuditSettings.Place.forms), not '\(SafeText.escape(text))'")
            }
            if !places.contains(place) { places.append(place) }
        }
        for place in places {
            switch place {
            case .file(let path): inputs.checkpointSinks.append(CheckpointFile(name: place.name, path: path))
            case .systemLog: inputs.checkpointSinks.append(CheckpointSystemLog(name: place.name))
            case .ci: inputs.checkpointSinks.append(ciSink)
            case .topic(let topic): inputs.checkpointTopics.append(topic)
            }
        }
        if let file = inventory.audit.key, !places.isEmpty { inputs.checkpointKey = try AuditCommand.key(file) }
    }

    private var ciSink: any CheckpointSink {
        if let summary = surroundings.environment["GITHUB_STEP_SUMMARY"], !summary.isEmpty {
            return CheckpointFile(name: "ci", path: summary, before: "\nAudit checkpoint: `", after: "`\n")
        }
        return CheckpointMessage(messages: surroundings.messages)
    }
}

/// A line in the log of the job, where the CI system has no summary.
private struct CheckpointMessage: CheckpointSink {
    let messages: Surroundings.Stream
    var name: String { "ci" }

    func keep(_ checkpoint: AuditCheckpoint) async throws {
        messages.write("audit checkpoint: \(checkpoint.line)\n")
    }
}
