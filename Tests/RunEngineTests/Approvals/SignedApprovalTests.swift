import EventLoop
import RunEngine
import TestSupport
import Testing
import Values

/// Approvals that come as files, signed with SSH keys.
@Suite struct SignedApprovalTests {
    /// A run of `anna` on a cluster whose approvers are anna, ola and mira, and one `eve` who may sign and may not approve.
    private struct Office: Sendable {
        let run: RunCase
        let people = ["anna", "ola", "mira", "eve"]

        static func with(_ body: (Office) async throws -> Void) async throws {
            try await RunCase.with { run in
                let office = Office(run: run)
                var allowed = "# who may sign\n"
                for name in office.people {
                    let key = office.key(name)
                    let made = await ChildProcess.run(
                        ProcessRequest(
                            program: "ssh-keygen", arguments: ["-q", "-t", "ed25519", "-N", "", "-f", key],
                            environment: SSHKeygen.environment))
                    try #require(made.succeeded)
                    let words = try run.scratch.read("\(name).pub").split(separator: " ")
                    allowed += "\(name),\(name)@example.com \(words[0]) \(words[1])\n"
                }
                try run.scratch.write(allowed, to: "allowed")
                try await body(office)
            }
        }

        func key(_ name: String) -> String { "\(run.scratch.path)/\(name)" }

        var inventory: String {
            RunCase.inventory.replacing(
                "{groups: {oncall: [anna]}}",
                with: "{groups: {oncall: [anna, ola, mira]}, allowed_signers: \(run.scratch.path)/allowed}")
        }

        var protected: String { inventory.replacing("version: 4.3.1,", with: "version: 4.3.1, protected: true,") }

        func text(_ name: String, _ digest: String, task: String? = "Go", for runID: String? = nil) -> ApprovalText {
            let now = SystemTimeSource().sinceEpoch.milliseconds
            return ApprovalText(
                isGranted: true, planDigest: digest, runID: runID, playbook: "p.yml", clusters: ["demo"], task: task,
                by: name, made: Timestamp(milliseconds: now), expires: Timestamp(milliseconds: now + 3_600_000))
        }

        func sign(_ text: ApprovalText, key: String? = nil, in folder: ApprovalFolder) async throws {
            let file = try folder.write(text)
            #expect(await SSHKeygen.sign(file, key: self.key(key ?? text.by), agent: nil) == nil)
        }

        func folder(_ outcome: RunOutcome) -> ApprovalFolder {
            ApprovalFolder(path: run.store.approvalsFolder(of: outcome.runID))
        }

        func audited() throws -> [[String]] {
            try AuditVerifier.records(run.store).filter { $0.record["type"] == "approval_decided" }.map { record in
                ["decision", "by", "method"].map { record.record[$0]?.stringValue ?? "" }
            }
        }
    }

    private static func playbook(_ demands: String) -> String {
        RunCase.playbook(
            RunCase.play(
                "b1:b2", "serial: 2",
                "- look: {name: r}\n- name: Go\n  approve: {prompt: \"Go?\", approvers: [group:oncall]\(demands)}\n- do: {name: a}"
            ))
    }

    @Test func `a run waits for a signature, is gone on with when it is there, and looks again`() async throws {
        try await Office.with { office in
            let (run, text) = (office.run, Self.playbook(", four_eyes: true"))
            let first = try await run.run(text, inventory: office.inventory)
            #expect(first.exitCode == .suspended, "\(first.message)")
            #expect(first.message.contains("ola, mira") && !first.message.contains("anna,"), "\(first.message)")
            #expect(run.script.effects.isEmpty)
            #expect(first.state.openApprovals.map(\.task) == ["Go"])
            // Nobody has signed yet.
            let second = try await run.resume(first.runID, text, inventory: office.inventory)
            #expect(second.exitCode == .suspended, "\(second.message)")
            var signed = office.text("ola", first.state.run.planDigest, for: first.runID)
            signed.step = first.state.openApprovals.first?.key
            try await office.sign(signed, in: office.folder(first))
            run.time.advance(by: .seconds(3600))
            run.script.forget()
            let third = try await run.resume(first.runID, text, inventory: office.inventory)
            #expect(third.exitCode == .done, "\(third.message)")
            #expect(run.script.effects.sorted() == ["a@b1", "a@b2"])
            #expect(run.script.looks.sorted() == ["r@b1", "r@b2"], "what was looked at before it waited")
            #expect(try office.audited() == [["granted", "ola", "signed file"]])
            let granted = try #require(third.state.approvals.last)
            #expect(granted.keyFingerprint?.hasPrefix("SHA256:") == true)
            #expect(try AuditVerifier.verify(run.store).findings.isEmpty)
        }
    }

    @Test(arguments: [
        "another plan", "another run", "another task", "expired", "not signed", "another's key", "not an approver",
        "the initiator", "another batch", "changed", "for another purpose", "signed in the future",
    ])
    func `what does not count is told, and the run goes on waiting`(flaw: String) async throws {
        try await Office.with { office in
            let (run, playbook) = (office.run, Self.playbook(", four_eyes: true"))
            let first = try await run.run(playbook, inventory: office.inventory)
            try #require(first.exitCode == .suspended)
            let folder = office.folder(first)
            var text = office.text("ola", first.state.run.planDigest, for: first.runID)
            text.step = first.state.openApprovals.first?.key
            var key = "ola"
            switch flaw {
            case "another plan": text.planDigest = String(repeating: "0", count: 64)
            case "another run": text.runID = "other"
            case "another task": text.task = "Other"
            case "expired": text.expires = text.made
            case "another's key": key = "eve"
            case "not an approver": (text.by, key) = ("eve", "eve")
            case "the initiator": (text.by, key) = ("anna", "anna")
            case "another batch": text.step = text.step.map { "\($0)0" }
            case "signed in the future": text.made = text.made + .seconds(1000)
            default: break
            }
            let file = try folder.write(text)
            if flaw == "for another purpose" {
                _ = await ChildProcess.run(
                    ProcessRequest(
                        program: "ssh-keygen", arguments: ["-Y", "sign", "-n", "git", "-f", office.key(key), file],
                        environment: SSHKeygen.environment))
            } else if flaw != "not signed" {
                #expect(await SSHKeygen.sign(file, key: office.key(key), agent: nil) == nil)
            }
            if flaw == "changed" {
                text.reason = "changed"
                try Files.writeAtomically(text.bytes, to: file)
            }
            let second = try await run.resume(first.runID, playbook, inventory: office.inventory)
            #expect(second.exitCode == .suspended, "\(second.message)")
            #expect(run.script.effects.isEmpty)
            if flaw != "another task" {
                #expect(second.message.count > first.message.count, "says why: \(second.message)")
            }
        }
    }

    @Test func `two people are two people, one at the terminal and one with a file`() async throws {
        try await Office.with { office in
            let (run, text) = (office.run, Self.playbook(", min: 2"))
            let terminal = ScriptedApprover(answer: .granted(by: "anna"))
            let first = try await run.run(text, inventory: office.inventory, approver: terminal)
            #expect(first.exitCode == .suspended, "\(first.message)")
            #expect(first.state.approvals.map(\.remaining) == [1])
            // The same person once more is not a second one.
            try await office.sign(office.text("anna", first.state.run.planDigest), in: office.folder(first))
            let second = try await run.resume(first.runID, text, inventory: office.inventory, approver: terminal)
            #expect(second.exitCode == .suspended, "\(second.message)")
            try await office.sign(office.text("mira", first.state.run.planDigest), in: office.folder(first))
            let third = try await run.resume(first.runID, text, inventory: office.inventory)
            #expect(third.exitCode == .done, "\(third.message)")
            #expect(try office.audited().map { $0[1] } == ["anna", "mira"])
        }
    }

    @Test func `a second name of a key is no second person, and no other one than who started the run`() async throws {
        try await Office.with { office in
            let run = office.run
            func text(_ demands: String) -> String {
                Self.playbook(demands).replacing(", approvers: [group:oncall]", with: "")
            }
            let two = try await run.run(text(", min: 2"), inventory: office.inventory)
            for name in ["mira", "mira@example.com"] {
                try await office.sign(
                    office.text(name, two.state.run.planDigest), key: "mira", in: office.folder(two))
            }
            let still = try await run.resume(two.runID, text(", min: 2"), inventory: office.inventory)
            #expect(still.exitCode == .suspended && still.message.contains("the key of mira"), "\(still.message)")

            let other = try await run.run(text(", four_eyes: true"), inventory: office.inventory)
            try await office.sign(
                office.text("anna@example.com", other.state.run.planDigest), key: "anna", in: office.folder(other))
            let waits = try await run.resume(other.runID, text(", four_eyes: true"), inventory: office.inventory)
            #expect(waits.exitCode == .suspended && waits.message.contains("a key of anna"), "\(waits.message)")
            #expect(run.script.effects.isEmpty)
        }
    }

    @Test func `a signed no ends the run`() async throws {
        try await Office.with { office in
            let (run, text) = (office.run, Self.playbook(""))
            let first = try await run.run(text, inventory: office.inventory)
            var no = office.text("mira", first.state.run.planDigest)
            (no.isGranted, no.reason) = (false, "not tonight")
            try await office.sign(no, in: office.folder(first))
            try await office.sign(office.text("ola", first.state.run.planDigest), in: office.folder(first))
            let second = try await run.resume(first.runID, text, inventory: office.inventory)
            #expect(second.exitCode == .refused, "\(second.message)")
            #expect(run.script.effects.isEmpty)
            #expect(try office.audited() == [["denied", "mira", "signed file"]])
            #expect(throws: RunFailure.self) { try StoppedRun(first.runID, in: run.store) }
        }
    }

    @Test func `what nobody answered in time is denied, however often it is gone on with`() async throws {
        try await Office.with { office in
            let (run, text) = (office.run, Self.playbook(", timeout: 2h"))
            let first = try await run.run(text, inventory: office.inventory)
            try #require(first.exitCode == .suspended)
            run.time.advance(by: .seconds(3600))
            let second = try await run.resume(first.runID, text, inventory: office.inventory)
            #expect(second.exitCode == .suspended, "\(second.message)")
            run.time.advance(by: .seconds(3600))
            try await office.sign(office.text("ola", first.state.run.planDigest), in: office.folder(first))
            let third = try await run.resume(first.runID, text, inventory: office.inventory)
            #expect(third.exitCode == .refused, "\(third.message)")
            #expect(try office.audited().map { $0[0] } == ["expired"])
            #expect(run.script.effects.isEmpty)
        }
    }

    @Test func `what one of two has granted runs out with the whole approval`() async throws {
        try await Office.with { office in
            let (run, text) = (office.run, Self.playbook(", min: 2, timeout: 2h"))
            let terminal = ScriptedApprover(answer: .granted(by: "anna"))
            let first = try await run.run(text, inventory: office.inventory, approver: terminal)
            try #require(first.exitCode == .suspended)
            run.time.advance(by: .seconds(3 * 3600))
            try await office.sign(office.text("mira", first.state.run.planDigest), in: office.folder(first))
            let second = try await run.resume(first.runID, text, inventory: office.inventory)
            #expect(second.exitCode == .refused, "\(second.message)")
            #expect(try office.audited().map { $0[0] } == ["granted", "expired"])
        }
    }

    @Test func `a signature that has run out before the second one came counts no more`() async throws {
        try await Office.with { office in
            let (run, text) = (office.run, Self.playbook(", min: 2"))
            let first = try await run.run(text, inventory: office.inventory)
            var short = office.text("ola", first.state.run.planDigest, for: first.runID)
            short.step = first.state.openApprovals.first?.key
            short.expires = short.made + .milliseconds(700)
            try await office.sign(short, in: office.folder(first))
            let second = try await run.resume(first.runID, text, inventory: office.inventory)
            try #require(second.exitCode == .suspended, "\(second.message)")
            let end = short.expires.milliseconds
            try await Eventually.holds("the signature has run out") {
                SystemTimeSource().sinceEpoch.milliseconds > end
            }
            try await office.sign(office.text("mira", first.state.run.planDigest), in: office.folder(first))
            let third = try await run.resume(first.runID, text, inventory: office.inventory)
            #expect(third.exitCode == .suspended, "\(third.message)")
            #expect(third.message.contains("the yes of ola has expired"), "\(third.message)")
            #expect(run.script.effects.isEmpty)
            try await office.sign(office.text("ola", first.state.run.planDigest), in: office.folder(first))
            let fourth = try await run.resume(first.runID, text, inventory: office.inventory)
            #expect(fourth.exitCode == .done, "\(fourth.message)")
        }
    }

    @Test func `a name that differs in case alone is neither the approver nor a second person`() async throws {
        try await Office.with { office in
            let run = office.run
            let mira = try run.scratch.read("mira.pub").split(separator: " ")
            let eve = try run.scratch.read("eve.pub").split(separator: " ")
            try run.scratch.write(
                "Ola \(eve[0]) \(eve[1])\nmira \(mira[0]) \(mira[1])\nMira,Anna \(eve[0]) \(eve[1])\n", to: "allowed")
            let text = Self.playbook("")
            let first = try await run.run(text, inventory: office.inventory)
            try await office.sign(office.text("Ola", first.state.run.planDigest), key: "eve", in: office.folder(first))
            let second = try await run.resume(first.runID, text, inventory: office.inventory)
            #expect(second.exitCode == .suspended && second.message.contains("'ola' is, and"), "\(second.message)")
            let anyone = Self.playbook(", min: 2, four_eyes: true")
                .replacing(", approvers: [group:oncall]", with: "")
            let two = try await run.run(anyone, inventory: office.inventory)
            for (name, key) in [("mira", "mira"), ("Mira", "eve"), ("Anna", "eve")] {
                try await office.sign(office.text(name, two.state.run.planDigest), key: key, in: office.folder(two))
            }
            let still = try await run.resume(two.runID, anyone, inventory: office.inventory)
            #expect(still.exitCode == .suspended, "\(still.message)")
            #expect(still.message.contains("nobody else than"), "\(still.message)")
            #expect(still.message.contains("Anna differs in case alone from anna"), "\(still.message)")
            #expect(run.script.effects.isEmpty)
        }
    }

    @Test func `groups that name nobody leave nobody who approves a plan`() async throws {
        try await Office.with { office in
            var options = RunOptions()
            options.isForReview = true
            let text = RunCase.playbook(RunCase.play("b1", "", "- do: {name: a}"))
            for groups in ["{}", "{oncall: []}"] {
                let inventory = office.protected.replacing("{oncall: [anna, ola, mira]}", with: groups)
                let plan = try await office.run.plan(text, inventory: inventory, options: options)
                #expect(plan.refusals.contains { $0.message.contains("name no user") }, "\(groups): \(plan.refusals)")
            }
            let open = office.protected.replacing("groups: {oncall: [anna, ola, mira]}, ", with: "")
            #expect(try await office.run.plan(text, inventory: open, options: options).refusals.isEmpty)
        }
    }

    @Test func `a name that has to be typed is part of what is signed`() async throws {
        try await Office.with { office in
            let (run, text) = (office.run, Self.playbook(", type_to_confirm: demo"))
            let first = try await run.run(text, inventory: office.inventory)
            var yes = office.text("ola", first.state.run.planDigest)
            try await office.sign(yes, in: office.folder(first))
            let second = try await run.resume(first.runID, text, inventory: office.inventory)
            #expect(second.exitCode == .suspended, "\(second.message)")
            yes.typed = "demo"
            try await office.sign(yes, in: office.folder(first))
            let third = try await run.resume(first.runID, text, inventory: office.inventory)
            #expect(third.exitCode == .done, "\(third.message)")
        }
    }

    @Test func `a plan that nobody can approve is refused before it runs`() async throws {
        try await Office.with { office in
            for (demands, word) in [(", min: 4", "only 3"), (", min: 3, four_eyes: true", "only 2")] {
                let plan = try await office.run.plan(Self.playbook(demands), inventory: office.inventory)
                #expect(plan.refusals.contains { $0.message.contains(word) }, "\(plan.refusals)")
            }
            let gone = office.inventory.replacing("/allowed}", with: "/gone}")
            let plan = try await office.run.plan(Self.playbook(""), inventory: gone)
            #expect(plan.refusals.contains { $0.message.contains("/gone") }, "\(plan.refusals)")
        }
    }

    @Test func `a task that was approved with its plan is approved for one run, gone on with or not`() async throws {
        try await Office.with { office in
            let run = office.run
            let folder = ApprovalFolder(path: "\(run.scratch.path)/p.opsplan.approvals")
            func apply() async throws -> RunOutcome {
                var inputs = try run.inputs(Self.playbook(""), inventory: office.inventory)
                inputs.approvalFolders = [folder]
                let prepared = try await Engine.plan(inputs, approver: NobodyAnswers())
                return await Engine.run(
                    prepared, store: run.store, approver: NobodyAnswers(), stopper: run.stopper)
            }
            let digest = try await run.plan(Self.playbook(""), inventory: office.inventory).digest
            try await office.sign(office.text("ola", digest), in: folder)
            let first = try await apply()
            #expect(first.exitCode == .done, "\(first.message)")
            let second = try await apply()
            #expect(second.exitCode == .suspended, "\(second.message)")
            #expect(second.message.contains("has counted for run \(first.runID)"), "\(second.message)")
            #expect(run.script.effects.count == 2)
            // A run that never began has used nothing.
            try Files.writeAtomically([], to: run.store.journalPath(of: first.runID))
            let third = try await run.resume(second.runID, Self.playbook(""), inventory: office.inventory)
            #expect(third.exitCode == .done, "\(third.message)")
        }
    }

    @Test func `a plan on a protected cluster may be approved as a whole, before it is applied`() async throws {
        try await Office.with { office in
            let run = office.run
            let text = RunCase.playbook(RunCase.play("b1", "", "- do: {name: a}\n  irreversible: true"))
            let folder = ApprovalFolder(path: "\(run.scratch.path)/p.opsplan.approvals")
            func apply() async throws -> (plan: Plan, outcome: RunOutcome) {
                var options = RunOptions()
                options.isForReview = true
                var inputs = try run.inputs(text, inventory: office.protected, options: options)
                inputs.approvalFolders = [folder]
                inputs.reviewed = ReviewedPlan(digest: String(repeating: "7", count: 64), author: "ola@laptop")
                let prepared = try await Engine.plan(inputs, approver: NobodyAnswers())
                let outcome = await Engine.run(
                    prepared, store: run.store, approver: NobodyAnswers(), stopper: run.stopper)
                return (prepared.plan, outcome)
            }
            let bare = try await apply()
            #expect(bare.plan.refusals.isEmpty && bare.plan.approvals.map(\.isWholePlan) == [true])
            #expect(bare.outcome.exitCode == .refused && bare.outcome.runID.isEmpty, "\(bare.outcome.message)")
            // Neither who made the plan, nor who applies it, nor who is no approver.
            for name in ["ola", "anna", "eve"] {
                try await office.sign(office.text(name, String(repeating: "7", count: 64), task: nil), in: folder)
            }
            let own = try await apply()
            #expect(own.outcome.exitCode == .refused, "\(own.outcome.message)")
            try await office.sign(
                office.text("mira", String(repeating: "7", count: 64), task: nil), in: folder)
            let approved = try await apply()
            #expect(approved.outcome.exitCode == .done, "\(approved.outcome.message)")
            #expect(run.script.effects == ["a@b1"])
            #expect(try office.audited() == [["granted", "mira", "signed file"]])
            // It has counted for that run, and for no second one; a new signature does.
            let again = try await apply()
            #expect(again.outcome.exitCode == .refused && again.outcome.runID.isEmpty, "\(again.outcome.message)")
            #expect(again.outcome.failure?.causes.contains { $0.contains(approved.outcome.runID) } == true)
            #expect(run.script.effects == ["a@b1"])
            var anew = office.text("mira", String(repeating: "7", count: 64), task: nil)
            anew.reason = "once more"
            try await office.sign(anew, in: folder)
            #expect(try await apply().outcome.exitCode == .done)
            // Without a plan in a file it is refused, as ever.
            let plan = try await run.plan(text, inventory: office.protected)
            #expect(plan.refusals.contains { $0.message.contains("is protected") })
        }
    }
}
