import EventLoop
import Playbooks
package import Values

/// A plan in a file, to be reviewed by people and applied later, exactly as it was reviewed or not at all.
///
/// The file is JSON in one form only (`bytes`), sealed by a SHA-256 over all the rest: a file that was changed by one byte,
/// a space included, is no plan any more. It holds no secrets: where they come from stands in the call.
package struct SavedPlan: Sendable {
    /// What this version reads; others are refused by name.
    package static let format = "opsrun.saved-plan/1"
    package static let maximumBytes = 64 << 20
    /// A plan that nobody applied within a day was made for another one.
    package static let defaultLifetime: Duration = .seconds(86_400)

    /// Of opsrun.
    package var version: String
    package var created: Timestamp
    package var expires: Timestamp
    /// Who made it, as `user@host`.
    package var author: String
    /// How it was asked for, in the terms of the command line: what makes the same plan again.
    package var call: ValueMap
    package var plan: Plan
    /// Where it was read from; its approvals lie beside it.
    package private(set) var file: String?

    package init(
        _ plan: Plan, call: ValueMap, version: String, author: String, created: Timestamp, lifetime: Duration
    ) {
        self.plan = plan
        self.call = call
        self.version = version
        self.author = author
        self.created = created
        expires = Timestamp(milliseconds: created.milliseconds + lifetime.milliseconds)
    }

    // MARK: Writing

    /// The file.
    package var bytes: [UInt8] { Self.render(content) }

    private var content: ValueMap {
        [
            "format": .string(Self.format), "opsrun": .string(version), "created": .timestamp(created),
            "expires": .timestamp(expires), "author": .string(author), "call": .map(call),
            "predicted": plan.prediction, "plan": plan.json(),
        ]
    }

    private static func render(_ content: ValueMap) -> [UInt8] {
        var sealed = content
        sealed["sha256"] = .string(seal(content))
        return Array((JSON.text(.map(sealed), pretty: true) + "\n").utf8)
    }

    private static func seal(_ content: ValueMap) -> String {
        Digest.sha256(JSON.text(.map(content), style: JSON.Style(sortKeys: true)).utf8)
    }

    // MARK: Reading

    /// Throws `RunFailure`: exit 11 for bytes that are not those that were written, 9 for a format of another version.
    package init(bytes: [UInt8], file: String) throws(RunFailure) {
        func damaged(_ reason: String) -> RunFailure {
            RunFailure(
                .damagedEvidence,
                StepFailure(
                    .refused, "\(file) is not a plan as opsrun wrote it: \(reason)",
                    nextAction: "make the plan again, and have it reviewed again"))
        }
        guard var content = (try? JSON.parse(bytes))?.mapValue else { throw damaged("it is not JSON") }
        guard let seal = content["sha256"]?.stringValue else { throw damaged("it has no seal") }
        content["sha256"] = nil
        guard seal == Self.seal(content) else { throw damaged("its seal is not that of its content") }
        guard Self.render(content) == bytes else { throw damaged("its text was laid out anew") }
        guard content["format"]?.stringValue == Self.format else {
            throw RunFailure(
                .refused,
                StepFailure(
                    .refused,
                    "\(file) was written by opsrun \(content["opsrun"]?.stringValue ?? "of another kind") in a format that "
                        + "this version does not read",
                    nextAction: "apply it with that version, or make the plan again"))
        }
        do throws(PlanReadFailure) {
            let fields = try PlanFields(.map(content), "the file")
            guard let created = Timestamp(rfc3339Text: try fields.text("created")),
                let expires = Timestamp(rfc3339Text: try fields.text("expires"))
            else { throw fields.failure("a time") }
            version = try fields.text("opsrun")
            self.created = created
            self.expires = expires
            author = try fields.text("author")
            call = try fields.map("call")
            plan = try Plan(json: content["plan"] ?? .null)
            self.file = file
        } catch {
            throw damaged(error.message)
        }
    }

    // MARK: Applying

    /// Why it may not be applied any more, by the clock on the wall; nil while it may.
    package func expiry(at now: Timestamp) -> StepFailure? {
        guard now >= expires else { return nil }
        return StepFailure(
            .refused, "the plan has expired: it was made at \(created) and was good until \(expires)",
            nextAction: "make the plan again, and have it reviewed again")
    }

    /// What of the plan is no longer so, in sentences; empty when a plan made now binds to the same. What is read again in the
    /// run anyway (who leads the quorum, who is in sync) is no drift.
    package func drift(to now: Plan) -> [String] {
        guard let json = try? JSON.parse(JSON.text(now.json())), let same = try? Plan(json: json) else {
            return ["the plan cannot be compared"]
        }
        let (old, new) = (plan.bound, same.bound)
        guard old.computedDigest() != new.computedDigest() else { return [] }
        return PlanDifference(from: old, to: new, most: Self.driftLines).sentences
    }

    /// What differs between two plans that were kept.
    package func differences(to other: SavedPlan) -> [String] {
        let (old, new) = (plan.bound, other.plan.bound)
        guard old.computedDigest() != new.computedDigest() else { return [] }
        return PlanDifference(from: old, to: new, most: Self.driftLines).sentences
    }

    /// Sentences of a comparison that are shown.
    static let driftLines = 50
}

extension Plan {
    /// What a plan binds its run to. Notes, samples and margins are what was seen; batches of one host each, in an order that
    /// follows the cluster's state, may come in another order.
    var bound: Plan {
        var bound = self
        bound.notes = []
        for play in bound.plays.indices {
            let isLive = Play.Order(rawValue: bound.plays[play].order)?.isLive == true
            if isLive, bound.plays[play].batches.allSatisfy({ $0.hosts.count == 1 }) {
                bound.plays[play].batches.sort { ($0.hosts.first ?? "").precedes($1.hosts.first ?? "") }
            }
            for batch in bound.plays[play].batches.indices {
                bound.plays[play].batches[batch].safety = nil
                bound.plays[play].batches[batch].margin = nil
                for task in bound.plays[play].batches[batch].tasks.indices {
                    for step in bound.plays[play].batches[batch].tasks[task].steps.indices {
                        bound.plays[play].batches[batch].tasks[task].steps[step].notes = []
                        bound.plays[play].batches[batch].tasks[task].steps[step].sample = nil
                    }
                }
            }
        }
        return bound
    }

    /// What it would do to the cluster, as far as it can be told beforehand: the least time that its gates take, and the
    /// smallest margin above `min.insync.replicas` while a batch is down (null where none goes down, or one may not).
    package var prediction: Value {
        let batches = plays.flatMap(\.batches)
        let margins = batches.filter { $0.safety != nil }.map(\.margin)
        let smallest = margins.contains(nil) ? nil : margins.compactMap { $0 }.min()
        return [
            "at_least": .duration(summary.minimumGateTime), "hosts": .int(Int64(summary.hosts)),
            "writes": .int(Int64(summary.writes)), "smallest_margin": smallest.map { .int(Int64($0)) } ?? .null,
        ]
    }
}
