import EventLoop
import Playbooks
import Values

/// What every step of a run shares.
struct RunContext: Sendable {
    let inputs: RunInputs
    let index: ActionIndex
    let clusters: ClusterChoice
    let access: [String: ClusterAccess]
    let recorder: RunRecorder
    let stopper: Stopper
    let approver: any Approver
    let ledger: RunLedger
    let mask: SecretMask
    let planDigest: String
    let outputFolder: String
    let jobsFolder: String
    let window: WindowWatch
    /// The locks of the run's clusters: asked before each effect.
    let leases: HeldLeases
    /// Where signed approvals come from.
    let desk: ApprovalDesk
    /// Names of who started the run: they do not count where four eyes are wanted.
    let initiators: Set<String>
    /// What the run has done before it was resumed; nil in a first run.
    let history: RunHistory?
    /// Puts back what steps borrow.
    let restorer: Restorer

    var time: any TimeSource { inputs.time }
    var now: Timestamp { recorder.now }
}

/// What the steps of one batch share; facts are frozen in `scope`.
struct BatchContext: Sendable {
    let play: Play
    let playIndex: Int
    let batchIndex: Int
    let hosts: [Host]
    let scope: RunScope
    let maxFail: Int
    /// Nil in a batch of one.
    let barrier: BatchBarrier?
    /// Nil where all hosts may work at once.
    let forks: Forks?
}

/// Which cluster a task means: its own `cluster:`, the play's (which the loader has resolved), the file's, its host's.
struct ClusterChoice: Sendable {
    private let file: String?

    init(_ playbook: Playbook) { file = playbook.cluster?.value }

    func name(task: PlaybookTask? = nil, play: Play? = nil, host: Host? = nil) -> String? {
        task?.cluster?.value ?? play?.cluster?.value ?? host?.cluster ?? file
    }
}

extension PlaybookTask {
    /// One host of the batch runs it for all. A person is asked once, whatever the task says.
    var runsOnce: Bool {
        if case .action(let call) = work, call.name.value == Approval.action { return true }
        return runOnce != .no
    }
}

extension TagSelection {
    /// Whether a task with these tags (its own, its blocks' and its play's) runs. Nil: it stands in a list that no selection
    /// cuts, such as `undo`.
    ///
    /// Five words have the meaning that they have in Ansible. On a task: `always` runs whatever is asked for, unless that very
    /// word is skipped; `never` runs only when one of its tags is asked for by name. On the command line: `all`, `tagged` and
    /// `untagged`. Without `-t`, `all` is asked for.
    ///
    /// A gate is cut out by nothing but its own `never`, unless gates may be left out.
    func selects(_ tags: Set<String>?, isGate: Bool) -> Bool {
        guard let tags else { return true }
        if isGate, !mayLeaveOutGates { return !tags.contains("never") || asks(for: tags) }
        return asks(for: tags) && !skips(tags)
    }

    private func asks(for tags: Set<String>) -> Bool {
        if tags.contains("always") || names(tags, in: only) { return true }
        if tags.contains("never") { return false }
        return only.isEmpty || only.contains("all") || (only.contains("tagged") && !tags.isEmpty)
    }

    private func skips(_ tags: Set<String>) -> Bool {
        if names(tags, in: skip) || (skip.contains("tagged") && !tags.isEmpty) { return true }
        return skip.contains("all") && !tags.contains("always")
    }

    /// One of the words is a tag of it; a task without any is `untagged`.
    private func names(_ tags: Set<String>, in words: [String]) -> Bool {
        tags.isEmpty ? words.contains("untagged") : words.contains(where: tags.contains)
    }
}
