import Playbooks
import Values

/// Plans and runs playbooks.
///
///     let prepared = try await Engine.plan(inputs, approver: approver)
///     let outcome = await Engine.run(prepared, store: store, approver: approver, stopper: stopper, watchers: [watcher])
package enum Engine {
    /// Reads the cluster and the hosts, changes nothing. Throws `RunFailure` when there is no plan to be had (unreachable,
    /// invalid); what the plan itself forbids stands in `plan.refusals`.
    package static func plan(_ inputs: RunInputs, approver: any Approver) async throws -> PreparedRun {
        try await Planner(inputs, approver: approver).prepare()
    }

    /// Runs what was planned. Everything that happens goes to the journal first, then to `watchers`, which end with the run.
    ///
    /// The steps run on the recorder's thread: each waits for its intent to be on the disk anyway, and so an intent costs no
    /// change of threads. What takes time is elsewhere: children and sockets on the event loop, files on threads of their own.
    package static func run(
        _ prepared: PreparedRun, store: RunStore, approver: any Approver, stopper: Stopper,
        watchers: [RunWatcher] = []
    ) async -> RunOutcome {
        let made = Runner(prepared, store: store, approver: approver, stopper: stopper, watchers: watchers)
        return await withTaskExecutorPreference(RunRecorder.thread) {
            var runner = made
            return await runner.run()
        }
    }

    /// What a run that was stopped needs to go on: its own plan, and the connections, secrets and facts beside it. `inputs` are
    /// made from `stopped.sources`, never from the files as they are now. Throws as `plan` does.
    package static func reopen(
        _ stopped: StoppedRun, _ inputs: RunInputs, approver: any Approver
    ) async throws -> PreparedRun {
        try await Planner(inputs, approver: approver).reopen(stopped)
    }

    /// Goes on with a run where it stopped, in its own journal: what stands is taken over, what nobody knows is found out,
    /// the rest is done. Refused (9) when what the remaining steps rest on has changed.
    package static func resume(
        _ stopped: StoppedRun, _ prepared: PreparedRun, store: RunStore, approver: any Approver, stopper: Stopper,
        watchers: [RunWatcher] = []
    ) async -> RunOutcome {
        let made = Runner(prepared, store: store, approver: approver, stopper: stopper, watchers: watchers)
        return await withTaskExecutorPreference(RunRecorder.thread) {
            var runner = made
            return await runner.resume(stopped)
        }
    }
}

/// A plan, and what the run needs beside it: parameters with their secrets, connections.
package struct PreparedRun: Sendable {
    package let plan: Plan
    package let inputs: RunInputs
    let index: ActionIndex
    let clusters: ClusterChoice
    let access: [String: ClusterAccess]
    let scope: RunScope
    let facts: [String: HostFacts]
    let mask: SecretMask
    let needsFacts: Bool
    let window: WindowWatch

    /// The clusters that the run may change.
    package var clusterIDs: [String] { plan.clusterIDs }

    func restorer(_ recorder: RunRecorder, _ stopper: Stopper, _ leases: HeldLeases) -> Restorer {
        Restorer(
            inputs: inputs, index: index, access: access, recorder: recorder, stopper: stopper, mask: mask,
            leases: leases)
    }
}

/// How a run ended.
package struct RunOutcome: Sendable {
    /// Empty when nothing was run.
    package var runID: String
    package var exitCode: ExitCode
    package var status: RunClosed.Status
    /// One sentence: why it ended as it did.
    package var message: String
    package var state: RunState
    package var failure: StepFailure?

    package init(
        runID: String, exitCode: ExitCode, status: RunClosed.Status, message: String, state: RunState,
        failure: StepFailure? = nil
    ) {
        self.runID = runID
        self.exitCode = exitCode
        self.status = status
        self.message = message
        self.state = state
        self.failure = failure
    }
}
