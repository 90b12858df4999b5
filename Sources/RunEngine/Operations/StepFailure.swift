/// Why a step did not succeed, for the operator: one sentence, what caused it, where, and what to do next.
package struct StepFailure: Error, Sendable, Hashable {
    package enum Code: String, Sendable {
        /// The step ran and said no: a non-zero exit, a refused request.
        case failed
        /// A gate timed out, stalled, or met its `fail_when`.
        case gate
        /// The host or the cluster could not be reached or did not let us in.
        case unreachable
        case timedOut
        /// A write was sent and nobody knows what became of it.
        case unknownOutcome
        /// Not allowed here: no permit, wrong cluster, protected, drift, approval denied.
        case refused
        /// The playbook or the inventory is wrong: nothing that happens before the step would make it right.
        case invalid
        /// A permit was not given: the cluster as it is does not allow the step now, and nothing was done.
        case permit
        /// A bug of ours.
        case internalError
        case cancelled
    }

    package var code: Code
    /// A sentence without a final dot.
    package var message: String
    /// From the outside in.
    package var causes: [String]
    /// What to do about it; nil when there is nothing better than the message.
    package var nextAction: String?
    /// More lines for the report: partitions, the tail of the output.
    package var details: [String]

    package init(
        _ code: Code, _ message: String, causes: [String] = [], nextAction: String? = nil, details: [String] = []
    ) {
        self.code = code
        self.message = message
        self.causes = causes
        self.nextAction = nextAction
        self.details = details
    }
}
