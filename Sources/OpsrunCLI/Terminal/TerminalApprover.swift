package import RunEngine
internal import Values

/// Answers the engine's questions from the terminal. An approval is somebody's: where nobody sits, a name that was typed
/// beforehand (`--confirm`) is none, and where somebody does, it spares the typing alone.
package struct TerminalApprover: Approver {
    private let surroundings: Surroundings
    private let options: Options
    /// The display steps aside while a question stands there.
    private let display: RunDisplay

    package init(_ surroundings: Surroundings, _ options: Options, display: RunDisplay) {
        self.surroundings = surroundings
        self.options = options
        self.display = display
    }

    package var canAnswer: Bool { surroundings.canAsk(options) }

    package func answer(_ question: ApprovalQuestion) async -> ApprovalAnswer {
        let user = surroundings.caller(arguments: []).person
        guard surroundings.canAsk(options) else { return .unavailable }
        guard question.approvers.isEmpty || question.approvers.contains(user) else {
            let near = ApproverNames.nearMiss(of: user, in: question.approvers).map { " (\(ApproverNames.says($0)))" }
            return .denied(
                by: user,
                reason:
                    "\(user) is not one of the approvers: \(question.approvers.joined(separator: ", "))\(near ?? "")"
            )
        }
        await display.waitUntilAsked(question.prompt)
        display.pause()
        defer { display.resume() }
        let prompt = SafeText.escape(question.prompt)
        let digest = question.planDigest.isEmpty ? "" : " (plan \(question.planDigest.prefix(12)))"
        if let name = question.mustType, options.confirm != name {
            let typed = await Prompt(surroundings).ask("\(prompt)\(digest)\nType \(SafeText.escape(name)) to go on: ")
            return typed == name ? .granted(by: user) : .denied(by: user, reason: "the name was not typed")
        }
        let answer = await Prompt(surroundings).ask("\(prompt)\(digest) [y/N] ")
        return Prompt.isYes(answer) ? .granted(by: user) : .denied(by: user, reason: "answered no")
    }
}
