import Playbooks
import Values

/// What planning finds on its way through the plays.
struct PlanFindings {
    /// Names that decide something in the plan.
    let decidingNames: Set<String>
    /// No task of the playbook changes anything.
    let isReadOnly: Bool
    var approvals: [PlannedApproval] = []
    /// Approvals that nobody can ever give, by the name of their task.
    var unanswerable: [(task: String, reason: String)] = []
    /// An approval comes before what follows, unless a condition of the run leads past it: the run then refuses the write.
    var hasApproval = false
    var dangers: [PlannedDanger] = []
    /// Dangers that no `approve` comes before, on clusters that are not protected.
    var unconfirmed: [PlannedDanger] = []
    var notes: [String] = []
    var refusals: [StepFailure] = []
    var hasStepRefusals = false
    /// Steps that cannot be made: the playbook or the inventory is wrong, and there is no plan.
    private(set) var mistakes: [StepFailure] = []
    /// Write steps that would run and may change something.
    var plannedWrites = 0
    /// Why writes would not run.
    var idleReasons: [String] = []
    /// Protected clusters that a write reaches before any approval.
    var unapprovedProtected: [String] = []
    /// Results that are known only in the run, with the task after which they are.
    var unknown: [String: String] = [:]

    init(decidingNames: Set<String>, isReadOnly: Bool) {
        self.decidingNames = decidingNames
        self.isReadOnly = isReadOnly
    }

    /// The task after which all of these names are known; nil: they are known now.
    func knownAfter(_ names: some Sequence<String>, _ local: [String: String]) -> String? {
        for name in names { if let task = local[name] ?? unknown[name] { return task } }
        return nil
    }

    mutating func noteMistake(_ failure: StepFailure) {
        if !mistakes.contains(failure) { mistakes.append(failure) }
    }

    /// The first mistake, with the others as its details.
    var mistake: StepFailure? {
        guard var first = mistakes.first else { return nil }
        first.details += mistakes.dropFirst().map { "also: \($0.message)" }
        return first
    }

    mutating func noteWrite(_ cluster: ClusterSettings?) {
        plannedWrites += 1
        noteWriteIfAny(cluster)
    }

    /// A write that only a failure leads to (`rescue`, `undo`).
    mutating func noteWriteIfAny(_ cluster: ClusterSettings?) {
        guard let cluster, cluster.isProtected, !hasApproval, !unapprovedProtected.contains(cluster.name) else {
            return
        }
        unapprovedProtected.append(cluster.name)
    }

    mutating func note(_ danger: PlannedDanger, _ cluster: ClusterSettings?) {
        if let place = dangers.firstIndex(where: { $0.task == danger.task && $0.kind == danger.kind }) {
            for host in danger.hosts where !dangers[place].hosts.contains(host) { dangers[place].hosts.append(host) }
            return
        }
        dangers.append(danger)
        if !hasApproval, cluster?.isProtected != true { unconfirmed.append(danger) }
    }
}
