import EventLoop
import RunEngine
import TestSupport
import Testing
import Values

/// A run that is killed at any instant goes on: no effect is lost, and none is repeated that is not declared.
@Suite struct CrashTests {
    /// A run in a world: what happened in it, and what stands on its disk.
    private struct Instant {
        var files: [String: [UInt8]]
        var calls: [Script.ActionCallSeen]
        var label: String
    }

    private struct Told {
        var outcome: RunOutcome
        var moments: [CrashStorage.Moment]
        var calls: [Script.ActionCallSeen]
    }

    private static let approver = ScriptedApprover(answer: .granted(by: "anna"))

    private static func effects(of script: Script) -> [Script.ActionCallSeen] {
        script.calls.filter { $0.action == "do" }
    }

    private static func names(_ calls: [Script.ActionCallSeen]) -> [String] {
        calls.filter { !$0.name.hasPrefix("fail") }.map { "\($0.name)@\($0.host)" }
    }

    private func run(_ shape: ResumeShape, _ scratch: ScratchDirectory) async throws -> Told {
        let box = Locked<Script?>(nil)
        let storage = CrashStorage { box.withLock { $0.map { Self.effects(of: $0).count } ?? 0 } }
        let run = RunCase(scratch, storage: storage)
        box.withLock { $0 = run.script }
        shape.answers(run.script)
        let outcome = try await run.run(
            shape.playbook, options: shape.options,
            approver: shape.approves ? Self.approver : NobodyAnswers())
        return Told(outcome: outcome, moments: storage.moments, calls: Self.effects(of: run.script))
    }

    /// Every instant between two writes, with as many effects as there may have been, and some in the middle of a write.
    private func instants(of told: Told, before files: [String: [UInt8]] = [:]) -> [Instant] {
        var instants: [Instant] = []
        let moments = told.moments
        for count in 0...moments.count {
            let most = count < moments.count ? moments[count].effects : told.calls.count
            let least = count > 0 ? min(most, moments[count - 1].effects) : most
            let image = CrashStorage.image(of: moments, after: count, on: files)
            for effects in Set([least, most]) {
                instants.append(
                    Instant(
                        files: image, calls: Array(told.calls.prefix(effects)),
                        label: "after write \(count), \(effects) effects"))
            }
            guard count < moments.count, case .append(_, let bytes) = moments[count].operation, bytes.count > 2 else {
                continue
            }
            let lines = bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }
            let torn = [bytes.count / 2, bytes.count - 1, (lines.first ?? 0) + 1].filter { $0 < bytes.count && $0 > 0 }
            let length = torn[count % torn.count]
            instants.append(
                Instant(
                    files: CrashStorage.image(of: moments, after: count, torn: length, on: files),
                    calls: Array(told.calls.prefix(most)), label: "in write \(count) at \(length), \(most) effects"))
        }
        return instants
    }

    /// Goes on until it is over; people resolve what nobody can prove. Nil: it never began.
    private func goOn(
        _ shape: ResumeShape, from instant: Instant, _ runID: String, _ scratch: ScratchDirectory
    ) async throws -> Told? {
        let box = Locked<Script?>(nil)
        let storage = CrashStorage(files: instant.files) {
            box.withLock { $0.map { Self.effects(of: $0).count } ?? 0 }
        }
        let run = RunCase(scratch, storage: storage)
        box.withLock { $0 = run.script }
        shape.answers(run.script)
        run.script.takeOver(instant.calls)
        for _ in 0..<8 {
            do {
                let outcome = try await run.resume(
                    runID, shape.playbook, options: shape.options,
                    approver: shape.approves ? Self.approver : NobodyAnswers())
                guard outcome.exitCode == .unknownOutcome else {
                    return Told(outcome: outcome, moments: storage.moments, calls: Self.effects(of: run.script))
                }
            } catch let failure as RunFailure where failure.failure.message.contains("never began") {
                #expect(instant.calls.isEmpty)
                return nil
            } catch let failure as RunFailure where failure.failure.message.contains("is over") {
                let state = try run.store.journal(of: runID).state
                let code = ExitCode(rawValue: Int32(state.closed?.exitCode ?? 0)) ?? .internalError
                let outcome = RunOutcome(
                    runID: runID, exitCode: code, status: .succeeded, message: "", state: state)
                return Told(outcome: outcome, moments: storage.moments, calls: Self.effects(of: run.script))
            }
            let stopped = try StoppedRun(runID, in: run.store)
            for step in stopped.doubtfulSteps {
                var resolved = StepResolved()
                resolved.key = step.key
                resolved.host = step.host
                resolved.by = "ola"
                resolved.reason = "looked"
                let kind = shape.name == ResumeShape.opaque.name ? step.key : ""
                let name = ["0/0/localhost": "a", "0/1/localhost": "b", "0/2/localhost": "c"][kind] ?? ""
                let happened = run.script.calls.contains { $0.action == "do" && $0.name == name }
                resolved.verdict = happened ? .done : .notDone
                try await stopped.resolve(resolved, in: run.store, at: run.time)
                break
            }
        }
        Issue.record("\(instant.label): it does not come to an end")
        return nil
    }

    private func compare(_ told: Told, with whole: Told, _ instant: Instant, _ shape: ResumeShape, kills: Int = 1) {
        #expect(told.outcome.exitCode == whole.outcome.exitCode, "\(instant.label): \(told.outcome.message)")
        var left = Self.names(whole.calls)
        var more: [String] = []
        for name in Self.names(told.calls) {
            if let place = left.firstIndex(of: name) { left.remove(at: place) } else { more.append(name) }
        }
        #expect(left.isEmpty, "\(instant.label): lost")
        // What is declared to be idempotent may be done again, once.
        let declared = more.filter { ["x@localhost", "z@localhost", "poll@localhost"].contains($0) }
        #expect(more.count == declared.count && more.count <= kills, "\(instant.label): repeated \(more)")
        // What a `verify` looked at counts beside the steps.
        func counts(_ outcome: RunOutcome) -> [HostCounts] {
            outcome.state.hostCounts.sorted { $0.host < $1.host }.map { row in
                var row = row
                if shape.name == ResumeShape.opaque.name { row.ok = 0 }
                if shape.name == ResumeShape.opaque.name { row.failed = 0 }
                return row
            }
        }
        #expect(counts(told.outcome) == counts(whole.outcome), "\(instant.label)")
        #expect(told.outcome.state.findings.count == whole.outcome.state.findings.count, "\(instant.label)")
    }

    @Test("Killed at every write, before and after each effect", arguments: ResumeShape.all)
    func everyWrite(shape: ResumeShape) async throws {
        try await ScratchDirectory.with { scratch in
            let whole = try await run(shape, scratch)
            #expect(whole.outcome.exitCode == shape.exitCode)
            for instant in instants(of: whole) {
                guard let told = try await goOn(shape, from: instant, whole.outcome.runID, scratch) else { continue }
                compare(told, with: whole, instant, shape)
                // Nothing was left to go on with: a torn audit log waits for the next run.
                if told.moments.isEmpty { continue }
                let store = RunStore(
                    root: "\(scratch.path)/state",
                    storage: CrashStorage(
                        files: CrashStorage.image(of: told.moments, after: told.moments.count, on: instant.files)))
                let findings = try AuditVerifier.verify(store).findings
                #expect(findings.isEmpty, "\(instant.label): \(findings)")
            }
        }
    }

    @Test("Killed while it is resumed", arguments: ResumeShape.all)
    func killedAgain(shape: ResumeShape) async throws {
        try await ScratchDirectory.with { scratch in
            let whole = try await run(shape, scratch)
            let first = instants(of: whole)
            for (number, instant) in first.enumerated() where number % 17 == 5 {
                guard let told = try await goOn(shape, from: instant, whole.outcome.runID, scratch) else { continue }
                let second = instants(of: told, before: instant.files)
                for (other, later) in second.enumerated() where other % 9 == 3 {
                    var later = later
                    later.label = "\(instant.label), then \(later.label)"
                    guard let end = try await goOn(shape, from: later, whole.outcome.runID, scratch) else { continue }
                    compare(end, with: whole, later, shape, kills: 2)
                }
            }
        }
    }
}
