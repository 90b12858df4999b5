import EventLoop
import Glibc
import TestSupport
import Testing
import Values

@testable import RunEngine

/// The power goes at any instant of a run: whatever part of what was not synced has reached the disk, a resume opens it, and
/// nothing that was acknowledged is missing.
///
/// A part of the images; all of them with OPSRUN_CRASH_IMAGES set (`make torture`).
@Suite struct CrashImageTests {
    private static let wantsAll = TestEnvironment["OPSRUN_CRASH_IMAGES"] != nil
    /// Every so many of the images are looked at.
    private static let stride = wantsAll ? 1 : 151
    /// Every so many of those are gone on with.
    private static let resumeStride = wantsAll ? 2000 : 40
    private static let approver = ScriptedApprover(answer: .granted(by: "anna"))

    private static func effects(of script: Script) -> [Script.ActionCallSeen] {
        script.calls.filter { $0.action == "do" }
    }

    private struct Told {
        var runID: String
        var moments: [PowerCutStorage.Moment]
        var calls: [Script.ActionCallSeen]
    }

    private func run(_ shape: ResumeShape, _ scratch: ScratchDirectory) async throws -> Told {
        let box = Locked<Script?>(nil)
        let storage = PowerCutStorage { box.withLock { $0.map { Self.effects(of: $0).count } ?? 0 } }
        let run = RunCase(scratch, storage: storage)
        box.withLock { $0 = run.script }
        shape.answers(run.script)
        let outcome = try await run.run(
            shape.playbook, options: shape.options, approver: shape.approves ? Self.approver : NobodyAnswers())
        return Told(runID: outcome.runID, moments: storage.moments, calls: Self.effects(of: run.script))
    }

    /// What a resume sees: nil, or what is wrong with it.
    private func problem(_ image: PowerCut.Image, _ told: Told, effects: Int, _ scratch: ScratchDirectory) -> String? {
        let store = RunStore(root: "\(scratch.path)/state", storage: CrashStorage(files: image))
        var intents = 0
        do throws(RunFailure) {
            _ = try StoppedRun(told.runID, in: store) { event in
                switch event.body {
                case .taskStarted(let task): intents += task.effect == "read" ? 0 : 1
                case .restoreStarted: intents += 1
                default: break
                }
            }
        } catch {
            guard error.exitCode == .refused else { return "\(error.failure)" }
            if error.failure.message.contains("is over") { return nil }
            return effects == 0 ? nil : "\(effects) effects, and \(error.failure.message)"
        }
        return intents >= effects ? nil : "\(effects) effects, and \(intents) intents"
    }

    @Test("Nothing that was acknowledged is lost with the power", arguments: ResumeShape.all)
    func everyImage(shape: ResumeShape) async throws {
        try await ScratchDirectory.with { scratch in
            let told = try await run(shape, scratch)
            var cut = PowerCut()
            var (count, looked) = (0, 0)
            var problems: [String] = []
            var toResume: [(image: PowerCut.Image, effects: Int)] = []
            for (index, moment) in told.moments.enumerated() {
                cut.apply(moment.operation)
                // What has happened by the next operation may rest on this one.
                let effects = index + 1 < told.moments.count ? told.moments[index + 1].effects : told.calls.count
                cut.forEachImage { image in
                    count += 1
                    guard count % Self.stride == 0 else { return }
                    looked += 1
                    if let problem = problem(image, told, effects: effects, scratch), problems.count < 5 {
                        problems.append("after operation \(index), image \(count): \(problem)")
                    }
                    if looked % Self.resumeStride == 0 { toResume.append((image, effects)) }
                }
            }
            #expect(problems.isEmpty, "\(problems.joined(separator: "\n"))")
            for (image, effects) in toResume { try await goOn(shape, told, image, effects, scratch) }
            if Self.wantsAll { tell(shape.name, looked: looked, resumed: toResume.count) }
        }
    }

    private struct Sum {
        var shapes = 0
        var looked = 0
        var resumed = 0
    }

    private static let sum = Locked(Sum())

    /// The last line has the sum, of one run.
    private func tell(_ shape: String, looked: Int, resumed: Int) {
        let sum = Self.sum.withLock { sum in
            sum.shapes += 1
            sum.looked += looked
            sum.resumed += resumed
            return sum
        }
        print("crash images of \(shape): \(looked), \(resumed) gone on with")
        guard sum.shapes == ResumeShape.all.count else { return }
        print("crash images of \(sum.shapes) kinds of run: \(sum.looked), \(sum.resumed) gone on with")
        #expect(sum.looked >= 100_000)
    }

    /// A resume of the image comes to an end, and its evidence is whole.
    private func goOn(
        _ shape: ResumeShape, _ told: Told, _ image: PowerCut.Image, _ effects: Int, _ scratch: ScratchDirectory
    ) async throws {
        let run = RunCase(scratch, storage: CrashStorage(files: image))
        shape.answers(run.script)
        run.script.takeOver(Array(told.calls.prefix(effects)))
        do {
            let outcome = try await run.resume(
                told.runID, shape.playbook, options: shape.options,
                approver: shape.approves ? Self.approver : NobodyAnswers())
            #expect(outcome.exitCode != .damagedEvidence && outcome.exitCode != .storage, "\(outcome.message)")
        } catch let failure as RunFailure where failure.exitCode == .refused {
            return
        }
        let findings = try AuditVerifier.verify(run.store).findings
        #expect(findings.isEmpty, "\(findings)")
    }
}
