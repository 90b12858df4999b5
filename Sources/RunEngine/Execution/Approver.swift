package import Values

/// The only question upward: whoever stands at the terminal.
package protocol Approver: Sendable {
    /// False: nobody can answer here, and a plan that needs an answer is refused.
    var canAnswer: Bool { get }
    /// Returns early with `.denied` when the task is cancelled.
    func answer(_ question: ApprovalQuestion) async -> ApprovalAnswer
}

/// What a person is asked before the run goes on.
package struct ApprovalQuestion: Sendable {
    package var kind: ApprovalRequested.Kind
    package var prompt: String
    /// Users that may answer, groups resolved; empty: anyone.
    package var approvers: [String]
    /// A name that has to be typed in full.
    package var mustType: String?
    package var planDigest: String
    /// How long an answer is waited for; then it counts as denied.
    package var timeout: Duration?
    /// Until when it is waited for; a run that was gone on with waits no longer than it would have at first.
    package var expires: Timestamp?
    /// The name of the approve task.
    package var task: String?
    /// How many people have to say yes.
    package var minimum = 1
    /// Whoever started the run does not count.
    package var fourEyes = false

    package init(
        kind: ApprovalRequested.Kind, prompt: String, approvers: [String], mustType: String?, planDigest: String,
        timeout: Duration?
    ) {
        self.kind = kind
        self.prompt = prompt
        self.approvers = approvers
        self.mustType = mustType
        self.planDigest = planDigest
        self.timeout = timeout
    }
}

/// What the person said.
package enum ApprovalAnswer: Sendable {
    /// `by`: the user at the terminal.
    case granted(by: String)
    case denied(by: String, reason: String)
    /// Nobody can answer here.
    case unavailable
}

/// Where nobody stands at a terminal.
package struct NobodyAnswers: Approver {
    package init() {}
    package var canAnswer: Bool { false }
    package func answer(_ question: ApprovalQuestion) async -> ApprovalAnswer { .unavailable }
}
