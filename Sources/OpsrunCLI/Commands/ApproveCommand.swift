internal import EventLoop
internal import Glibc
internal import Playbooks
package import RunEngine
internal import Values

/// `opsrun approve RUN|FILE`: a yes or a no, as a text that its author signs.
package struct ApproveCommand {
    private let options: Options
    private let surroundings: Surroundings

    package init(_ options: Options, in surroundings: Surroundings) {
        self.options = options
        self.surroundings = surroundings
    }

    /// What is to be approved, wherever it lies.
    private struct Subject {
        /// As a person calls it.
        var name: String
        var plan: Plan
        var runID: String?
        var folder: ApprovalFolder
        /// No approval counts longer.
        var expires: Timestamp?
        /// Who may sign, as the inventory says; nil where it cannot be read here.
        var inventory: Inventory?
        /// The questions that are open, or that the plan will ask.
        var questions: [Question]
        /// What to do when it is signed.
        var next: String
    }

    private struct Question {
        /// Nil: the plan as a whole.
        var task: String?
        var prompt: String
        /// Nil: anyone.
        var approvers: [String]?
        var mustType: String?
        var expires: Timestamp?
        /// Of the step that asks it right now; nil: it is not asked yet.
        var step: String?

        var isOpen: Bool { step != nil }

        var label: String { task.map { "'\($0)'" } ?? "plan" }
    }

    private static let defaultLifetime = Duration.seconds(86_400)

    /// 1. The plan or the run. 2. Which of its questions. 3. As whom, with which key. 4. The name that has to be typed. 5. The
    /// text, signed and put where it is looked for.
    package func run() async -> ExitCode {
        guard let word = options.operands.first else { return .usage }
        do throws(RunFailure) {
            let subject = access(word, R_OK) == 0 && !isFolder(word) ? try plan(word) : try run(word)
            return try await approve(subject)
        } catch {
            return StoppedRunCommand.refuse(error, options, surroundings)
        }
    }

    private func isFolder(_ path: String) -> Bool {
        var information = stat()
        return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
    }

    private static func refused(_ message: String, _ next: String? = nil, _ code: ExitCode = .refused) -> RunFailure {
        RunFailure(code, StepFailure(.refused, message, nextAction: next))
    }

    // MARK: What is approved

    private func plan(_ file: String) throws(RunFailure) -> Subject {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(file, limit: SavedPlan.maximumBytes)
        } catch {
            throw Self.refused("the plan \(file) cannot be read: \(error.reason)", nil, .invalid)
        }
        let kept = try SavedPlan(bytes: bytes, file: file)
        if let failure = kept.expiry(at: surroundings.wallClock) { throw RunFailure(.refused, failure) }
        let paths = ProjectPaths(surroundings)
        let loader = ProjectLoader(paths: paths, catalog: OperationsCatalog.declarations(surroundings))
        let inventory = kept.plan.inventory.isEmpty ? nil : loader.inventory(kept.plan.inventory).outcome?.inventory
        return Subject(
            name: "the plan \(file)", plan: kept.plan, runID: nil, folder: ApprovalFolder(ofPlan: file),
            expires: kept.expires, inventory: inventory, questions: questions(of: kept.plan, inventory),
            next: "opsrun apply \(file)")
    }

    private func run(_ word: String) throws(RunFailure) -> Subject {
        let (store, id) = try StoppedRunCommand.find(options, surroundings)
        let plan: Plan
        let state: RunState
        var inventory: Inventory?
        do {
            guard let known = try? Plan(json: try JSON.parse(try store.plan(of: id))) else {
                throw Self.refused("the plan of run \(id) cannot be read", nil, .damagedEvidence)
            }
            plan = known
            state = try store.journal(of: id).state
            if !plan.inventory.isEmpty {
                let files = FileAccess(files: try store.sources(of: id, plan))
                let loader = ProjectLoader(
                    paths: ProjectPaths(surroundings), catalog: OperationsCatalog.declarations(surroundings),
                    files: files)
                inventory = loader.inventory(plan.inventory).outcome?.inventory
            }
        } catch let failure as RunFailure {
            throw failure
        } catch {
            throw Self.refused("run \(id) cannot be read: \(error)", nil, .storage)
        }
        if let closed = state.closed, closed.status != .suspended, closed.status != .unknown {
            throw Self.refused("run \(id) is over: \(closed.message)")
        }
        var questions = state.openApprovals.map { request in
            Question(
                task: request.task ?? "approve", prompt: request.prompt,
                approvers: request.approvers.isEmpty ? nil : request.approvers,
                mustType: request.mustType, expires: request.expires, step: request.key)
        }
        questions += self.questions(of: plan, inventory).filter { later in
            later.task != nil && !questions.contains { $0.task == later.task }
        }
        return Subject(
            name: "run \(id)", plan: plan, runID: id, folder: ApprovalFolder(path: store.approvalsFolder(of: id)),
            expires: nil, inventory: inventory, questions: questions, next: "opsrun resume \(id)")
    }

    private func questions(of plan: Plan, _ inventory: Inventory?) -> [Question] {
        plan.approvals.map { planned in
            Question(
                task: planned.isWholePlan ? nil : planned.task, prompt: planned.prompt,
                approvers: inventory.map { planned.users(in: $0) } ?? nil, mustType: planned.mustType)
        }
    }

    private func choose(_ subject: Subject) throws(RunFailure) -> Question {
        let all = subject.questions
        if let word = options.task {
            let found = all.filter { $0.task == word || ($0.task == nil && word == "plan") }
            guard let question = found.first else {
                throw Self.refused(
                    "'\(word)' is no approval of \(subject.name)",
                    all.isEmpty ? nil : "it asks for: \(all.map(\.label).joined(separator: ", "))", .invalid)
            }
            return question
        }
        let open = all.filter(\.isOpen)
        let choices = open.isEmpty ? all : open
        guard let question = choices.first else {
            throw Self.refused("\(subject.name) asks for no approval")
        }
        guard choices.count == 1 else {
            throw Self.refused(
                "\(subject.name) asks for \(choices.count) approvals",
                "say which with --task: \(choices.map(\.label).joined(separator: ", "))", .usage)
        }
        return question
    }

    // MARK: Signing

    private func approve(_ subject: Subject) async throws(RunFailure) -> ExitCode {
        let question = try choose(subject)
        guard subject.runID == nil || question.isOpen else {
            throw Self.refused(
                "\(question.label) is not asked yet by \(subject.name)", "approve it when the run waits for it")
        }
        let signers = subject.inventory?.allowedSigners.map { AllowedSigners(path: $0) }
        let key = self.key
        let author = try author(key, signers)
        if let inventory = subject.inventory, inventory.allowedSigners == nil {
            throw Self.refused(
                "no signed approval counts: the inventory names no allowed_signers",
                "add approvers: {allowed_signers: FILE} to it")
        }
        if let approvers = question.approvers, !approvers.contains(author), subject.inventory != nil {
            let near = ApproverNames.nearMiss(of: author, in: approvers).map { ": \(ApproverNames.says($0))" } ?? ""
            throw Self.refused("\(author) is not among the approvers (\(approvers.joined(separator: ", ")))\(near)")
        }
        let now = surroundings.wallClock
        var text = ApprovalText(
            isGranted: !options.deny, planDigest: subject.plan.digest, runID: subject.runID,
            playbook: subject.plan.playbook, clusters: subject.plan.clusters.map(\.name), task: question.task,
            by: author, made: now,
            expires: [now + (options.lifetime ?? Self.defaultLifetime), question.expires, subject.expires]
                .compactMap(\.self).min() ?? now)
        text.step = question.step
        text.reason = options.reason
        surroundings.messages.write(said(subject, question))
        if let name = question.mustType, !options.deny { text.typed = try await typed(name) }
        guard let key, !options.printsOnly else { return printText(text, subject) }
        let file: String
        do throws(SystemError) {
            file = try subject.folder.write(text)
        } catch {
            throw Self.refused("the approval cannot be kept: \(error)", nil, .storage)
        }
        if let problem = await SSHKeygen.sign(file, key: key, agent: surroundings.environment["SSH_AUTH_SOCK"]) {
            unlink(file)
            throw Self.refused("\(key) did not sign: \(problem)")
        }
        if let signers, case .bad(let reason) = await signers.verify(text.bytes, signature: "\(file).sig", by: author) {
            unlink(file)
            unlink("\(file).sig")
            throw Self.refused("it would not count: \(reason)", "see \(signers.path)")
        }
        surroundings.output.write(
            "\(options.deny ? "denied" : "approved") by \(SafeText.escape(author)) until \(text.expires): "
                + "\(SafeText.escape(file))\n")
        surroundings.messages.write("then: \(SafeText.escape(subject.next))\n")
        return .done
    }

    /// What is asked, with what a person has to know before the answer.
    private func said(_ subject: Subject, _ question: Question) -> String {
        let summary = subject.plan.summary
        var text = "\(SafeText.escape(subject.name)), sha256 \(subject.plan.digest)\n"
        text += "  \(SafeText.escape(question.prompt))\n"
        text += "  \(SafeText.escape(subject.plan.playbook))"
        text += " on \(subject.plan.clusters.map { SafeText.escape($0.name) }.joined(separator: ", "))"
        text += ": \(summary.writes) changes on \(summary.hosts) hosts\n"
        for task in summary.irreversible { text += "  cannot be taken back: \(SafeText.escape(task))\n" }
        return text
    }

    private func typed(_ name: String) async throws(RunFailure) -> String {
        if let confirm = options.confirm {
            guard confirm == name else {
                throw Self.refused("--confirm says '\(confirm)' where '\(name)' is asked for")
            }
            return name
        }
        guard surroundings.canAsk(options) else {
            throw Self.refused("'\(name)' has to be typed in full", "give it with --confirm \(name)")
        }
        let typed = await Prompt(surroundings).ask("Type \(SafeText.escape(name)) to go on: ")
        guard typed == name else { throw Self.refused("the name was not typed") }
        return name
    }

    private var key: String? {
        if let key = options.key { return key }
        guard let home = surroundings.environment["HOME"] else { return nil }
        return ["id_ed25519", "id_ecdsa", "id_rsa"].map { "\(home)/.ssh/\($0)" }.first { access($0, R_OK) == 0 }
    }

    /// As whom: what was said; else the one name that the key has; else the user.
    private func author(_ key: String?, _ signers: AllowedSigners?) throws(RunFailure) -> String {
        if let name = options.approver { return name }
        guard let key, let signers else { return surroundings.user }
        let file = key.hasSuffix(".pub") ? key : "\(key).pub"
        guard let bytes = try? Files.read(file, limit: AllowedSigners.maximumBytes) else { return surroundings.user }
        let names = signers.names(ofKey: String(decoding: bytes, as: UTF8.self))
        return names.contains(surroundings.user) ? surroundings.user : names.first ?? surroundings.user
    }

    private func printText(_ text: ApprovalText, _ subject: Subject) -> ExitCode {
        surroundings.output.write(String(decoding: text.bytes, as: UTF8.self))
        surroundings.messages.write(
            """
            nothing was signed. Keep the text above as NAME.approval, then:
              ssh-keygen -Y sign -n \(ApprovalText.namespace) -f KEY NAME.approval
            and put NAME.approval and NAME.approval.sig into \(SafeText.escape(subject.folder.path))
            then: \(SafeText.escape(subject.next))

            """)
        return .done
    }
}

extension Surroundings {
    /// The world's clock.
    var wallClock: Timestamp { Timestamp(milliseconds: SystemTimeSource().sinceEpoch.milliseconds) }
}
