import EventLoop
import Playbooks
import Values

extension HostRun {
    /// What a step needs once its arguments are known.
    struct Step {
        var task: PlaybookTask
        var path: TaskPath
        var section: StepSection
        var round: Round?
        var action: any Action
        var effect: Effect
        var context: StepContext
        var attempts: Int
        var delay: Duration
        var isIrreversible: Bool
        /// Irreversible, or a permit is overridden: somebody has to confirm it.
        var isGuarded: Bool
        /// It asks nobody but the cluster: its calls end with `timeout`.
        var isOfCluster: Bool
        var scope: ValueScope
        /// What the attempt that runs has left in the run's folder.
        let kept = Locked<[KeptFile]>([])
        let admission: WriteAdmission

        func takeKept() -> [KeptFile] {
            kept.withLock { kept in
                defer { kept = [] }
                return kept
            }
        }
    }

    /// How an attempt ended, conditions of the task applied.
    enum End {
        case good(changed: Bool, reason: String?)
        case skipped(String)
        case bad(StepFailure)
        /// Its outcome was unknown, and then it was proven that it did not happen.
        case notDone(StepFailure)
        case unknown(StepFailure)
        /// A signal ended a read, or the wait before another attempt of a step whose last one failed.
        case stopped
        /// The lock of a cluster was lost before the attempt could act; `hasIntent`: the journal has an intent of the step.
        case lockLost(hasIntent: Bool)
    }
}
