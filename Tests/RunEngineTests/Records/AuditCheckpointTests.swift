import EventLoop
import RunEngine
import TestSupport
import Testing
import Values

/// What the chain of an audit log cannot show by itself is found against checkpoints that were kept elsewhere.
@Suite struct AuditCheckpointTests {
    private static func keys(in scratch: ScratchDirectory) async throws -> (secret: CheckpointKey, open: CheckpointKey)
    {
        let made = try await TestProcess.run(
            ["sh", "-c", "openssl genpkey -algorithm ed25519 -out k.pem && openssl pkey -in k.pem -pubout -out k.pub"],
            in: scratch)
        try #require(made.status == 0, "\(made.stderr)")
        return (
            try CheckpointKey(file: "\(scratch.path)/k.pem"), try CheckpointKey(file: "\(scratch.path)/k.pub")
        )
    }

    private static let playbook = RunCase.playbook(RunCase.play("b1", "", "- do: {name: a}"))

    /// Runs on one log, with where it ended after each.
    private func record(_ run: RunCase, runs: Int) async throws -> (log: String, checkpoints: [AuditCheckpoint]) {
        let sink = "\(run.scratch.path)/heads"
        for _ in 0..<runs {
            var inputs = try run.inputs(Self.playbook)
            inputs.checkpointSinks = [CheckpointFile(name: "file:heads", path: sink)]
            let prepared = try await Engine.plan(inputs, approver: NobodyAnswers())
            let outcome = await Engine.run(
                prepared, store: run.store, approver: NobodyAnswers(), stopper: run.stopper)
            try #require(outcome.exitCode == .done, "\(outcome.message)")
        }
        let lines = try run.scratch.read("heads").split(separator: "\n")
        return (run.store.auditPath(clusterID: "id-of-demo"), try lines.compactMap { try AuditCheckpoint(in: $0) })
    }

    private func findings(
        _ run: RunCase, _ checkpoints: [AuditCheckpoint], _ key: CheckpointKey? = nil
    ) throws -> [AuditReport.Finding] {
        let bytes = checkpoints.flatMap { Array(($0.line + "\n").utf8) }
        return try AuditVerifier.verify(
            run.store, against: CheckpointEvidence(file: "heads", bytes: bytes, key: key)
        ).findings
    }

    @Test func `a run keeps where its audit log ends, at its beginning and its end`() async throws {
        try await RunCase.with { run in
            let (log, checkpoints) = try await record(run, runs: 2)
            #expect(checkpoints.map(\.sequence) == [1, 2, 3, 4])
            #expect(checkpoints.allSatisfy { $0.log == "id-of-demo.jsonl" && log.hasSuffix($0.log) })
            #expect(checkpoints[0].journalRecords < checkpoints[1].journalRecords)
            #expect(try findings(run, checkpoints).isEmpty)
            let report = try AuditVerifier.verify(
                run.store,
                against: CheckpointEvidence(file: "heads", bytes: Array(checkpoints[3].line.utf8), key: nil))
            #expect(report.guarantees.contains { $0.contains("record 4") }, "\(report.guarantees)")
        }
    }

    @Test func `a line that was torn in the file of checkpoints spoils no other one`() async throws {
        try await RunCase.with { run in
            _ = try await record(run, runs: 1)
            let good = try run.scratch.read("heads")
            try run.scratch.write(good + good.prefix(70), to: "heads")
            _ = try await record(run, runs: 1)
            let lines = try run.scratch.read("heads").split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count == 6 && lines[2] == good.prefix(70))
            let kept = CheckpointEvidence(file: "heads", bytes: Array(try run.scratch.read("heads").utf8), key: nil)
            let report = try AuditVerifier.verify(run.store, against: kept)
            #expect(report.findings.isEmpty, "\(report.findings)")
            #expect(report.guarantees.contains { $0.contains("record 4") })
        }
    }

    @Test func `a topic of a cluster that is down keeps nothing, and no run acts without but by broken glass`()
        async throws
    {
        try await RunCase.with { run in
            run.estate.state.withLock { $0.isUnreachable = true }
            for isBroken in [false, true] {
                var options = RunOptions()
                if isBroken { options.breakGlass = "it is down" }
                var inputs = try run.inputs(Self.playbook, options: options)
                inputs.checkpointTopics = ["heads"]
                let prepared = try await Engine.plan(inputs, approver: NobodyAnswers())
                let outcome = await Engine.run(
                    prepared, store: run.store, approver: NobodyAnswers(), stopper: run.stopper)
                #expect(outcome.exitCode == (isBroken ? .done : .storage), "\(outcome.message)")
                #expect(run.script.effects.isEmpty != isBroken)
                let said = isBroken ? outcome.state.findings.map(\.message).joined() : outcome.message
                #expect(said.contains("topic:heads") && said.contains("demo could not be reached"), "\(said)")
            }
        }
    }

    @Test func `an end that was cut off at any record is found, the first missing one named`() async throws {
        try await RunCase.with { run in
            let (log, checkpoints) = try await record(run, runs: 4)
            let newest = try #require(checkpoints.last)
            let lines = try Files.read(log, limit: 1 << 20).split(separator: UInt8(ascii: "\n"))
            // With the runs that wrote it: nothing on this disk tells.
            for id in try run.store.runIDs() {
                _ = try await TestProcess.run(["rm", "-r", run.store.folder(of: id)], in: run.scratch)
            }
            for count in 0..<lines.count {
                try Files.writeAtomically(lines.prefix(count).flatMap { Array($0) + [UInt8(ascii: "\n")] }, to: log)
                let found = try findings(run, [newest])
                #expect(found.contains { $0.file == log && $0.line == count + 1 }, "cut at \(count): \(found)")
            }
        }
    }

    @Test func `a log that was written anew by the rules is found`() async throws {
        try await RunCase.with { run in
            let (log, checkpoints) = try await record(run, runs: 2)
            let good = try AuditVerifier.records(run.store).map(\.record)
            _ = try await TestProcess.run(["rm", log], in: run.scratch)
            try await RunCase.with { other in
                // The same kind of runs, by another hand.
                let (copy, _) = try await record(other, runs: 2)
                try Files.writeAtomically(try Files.read(copy, limit: 1 << 20), to: log)
            }
            #expect(try AuditVerifier.records(run.store).count == good.count)
            let found = try findings(run, checkpoints)
            for checkpoint in checkpoints {
                #expect(found.contains { $0.file == log && $0.line == checkpoint.sequence }, "\(found)")
            }
            _ = try await TestProcess.run(["rm", log], in: run.scratch)
            #expect(try findings(run, checkpoints).contains { $0.message.contains("missing") })
        }
    }

    @Test func `signed checkpoints count with their key only`() async throws {
        try await RunCase.with { run in
            let (secret, open) = try await Self.keys(in: run.scratch)
            let unsigned = try #require(try await record(run, runs: 1).checkpoints.last)
            var signed = unsigned
            try signed.sign(with: secret)
            #expect(secret.fingerprint == open.fingerprint && signed.objection(open) == nil)
            #expect(try AuditCheckpoint(in: "Nov 22 host opsrun[7]: \(signed.line) and more"[...]) == signed)
            #expect(try findings(run, [signed], open).isEmpty)
            #expect(try findings(run, [unsigned], open).map(\.line) == [1])
            var moved = signed
            moved.sequence -= 1
            #expect(try findings(run, [moved], open).first?.message.contains("signature") == true)
            #expect(throws: CheckpointKey.Failure.cannotSign) { try moved.sign(with: open) }
            #expect(throws: CheckpointKey.Failure.noKey) { try CheckpointKey(pem: Array("none".utf8)) }
            let line = Array(signed.line.utf8)
            for place in line.indices.dropFirst(23).dropLast() {
                var bad = line
                bad[place] ^= 1
                let evidence = CheckpointEvidence(file: "heads", bytes: bad, key: open)
                let found = try AuditVerifier.verify(run.store, against: evidence).findings
                #expect(!found.isEmpty, "byte \(place)")
            }
        }
    }

    @Test func `a run whose checkpoint cannot be kept does not act`() async throws {
        try await RunCase.with { run in
            for sink in [
                CheckpointFile(name: "file:x", path: "\(run.scratch.path)/none/heads") as any CheckpointSink,
                CheckpointSystemLog(name: "journal", path: "\(run.scratch.path)/no-socket"),
            ] {
                var inputs = try run.inputs(Self.playbook)
                inputs.checkpointSinks = [sink]
                let prepared = try await Engine.plan(inputs, approver: NobodyAnswers())
                let outcome = await Engine.run(
                    prepared, store: run.store, approver: NobodyAnswers(), stopper: run.stopper)
                #expect(outcome.exitCode == .storage, "\(outcome.message)")
                #expect(outcome.message.contains(sink.name), "\(outcome.message)")
                #expect(run.script.effects.isEmpty)
            }
        }
    }

    @Test func `the system's log gets one line for each`() async throws {
        try await RunCase.with { run in
            let listener = try run.scratch.write(
                """
                import socket, sys
                s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                s.bind("log"); s.settimeout(60)
                open("ready", "w").close()
                open("heard", "wb").write(s.recv(65536) + b"\\n" + s.recv(65536))

                """, to: "listen.py")
            let process = try TestProcess.start(["python3", listener], in: run.scratch)
            for _ in 0..<200 where (try? run.scratch.read("ready")) == nil {
                try await TestProcess.pause(milliseconds: 50, in: run.scratch)
            }
            var inputs = try run.inputs(Self.playbook)
            inputs.checkpointSinks = [CheckpointSystemLog(name: "journal", path: "\(run.scratch.path)/log")]
            let prepared = try await Engine.plan(inputs, approver: NobodyAnswers())
            let outcome = await Engine.run(prepared, store: run.store, approver: NobodyAnswers(), stopper: run.stopper)
            #expect(outcome.exitCode == .done, "\(outcome.message)")
            #expect(await process.wait(within: 60) == 0)
            let lines = try run.scratch.read("heard").split(separator: "\n")
            #expect(lines.count == 2 && lines.allSatisfy { $0.hasPrefix("<109>opsrun[") }, "\(lines)")
            #expect(try lines.compactMap { try AuditCheckpoint(in: $0) }.map(\.sequence) == [1, 2])
        }
    }
}
