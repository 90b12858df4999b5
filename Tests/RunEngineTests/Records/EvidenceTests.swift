import EventLoop
import Glibc
import RunEngine
import TestSupport
import Testing
import Values

/// Damage to the journal and the audit log is found and named.
@Suite struct EvidenceTests {
    private struct Evidence {
        var run: RunCase
        var journal: String
        var audit: String
        var outcome: RunOutcome
    }

    private func record(_ scratch: ScratchDirectory) async throws -> Evidence {
        let run = RunCase(scratch)
        let outcome = try await run.run(
            RunCase.playbook(RunCase.play("localhost", "", "- do: {name: a}\n- look: {name: b}")))
        return Evidence(
            run: run, journal: run.store.journalPath(of: outcome.runID), audit: run.store.auditPath(clusterID: nil),
            outcome: outcome)
    }

    private func write(_ bytes: [UInt8], to path: String) throws { try Files.writeAtomically(bytes, to: path) }

    private func findings(_ evidence: Evidence) throws -> [AuditReport.Finding] {
        try AuditVerifier.verify(evidence.run.store).findings
    }

    @Test func `a journal cut anywhere keeps its whole records, and the seal tells`() async throws {
        try await ScratchDirectory.with { scratch in
            let evidence = try await record(scratch)
            let good = try Files.read(evidence.journal, limit: 1 << 20)
            let whole = JournalContent(good)
            for length in 0..<good.count {
                let cut = JournalContent(Array(good.prefix(length)))
                let lines = good.prefix(length).count { $0 == UInt8(ascii: "\n") }
                #expect(cut.end.damage == nil)
                #expect(cut.end.records == lines)
                #expect(cut.events.map(\.body.type) == Array(whole.events.map(\.body.type).prefix(lines)))
                #expect((cut.end.tornBytes > 0) == (length > 0 && good[length - 1] != UInt8(ascii: "\n")))
                if length % 37 == 0 {
                    try write(Array(good.prefix(length)), to: evidence.journal)
                    #expect(try findings(evidence).first?.file == evidence.journal, "length \(length)")
                }
            }
            try write(good, to: evidence.journal)
            #expect(try findings(evidence).isEmpty)
        }
    }

    @Test func `a plan or a source that was changed, or is gone, is found`() async throws {
        try await ScratchDirectory.with { scratch in
            let evidence = try await record(scratch)
            let folder = evidence.run.store.folder(of: evidence.outcome.runID)
            #expect(try findings(evidence).isEmpty)
            let files = ["plan.json", "sources/1-p.yml", "sources/2-i.yml"].map { "\(folder)/\($0)" }
            for file in files {
                let good = try Files.read(file, limit: 1 << 20)
                var bad = good
                let place = try #require(good.lastIndex(of: UInt8(ascii: "a")))
                bad[place] = UInt8(ascii: "b")
                try write(bad, to: file)
                #expect(try findings(evidence).map(\.file) == [file])
                #expect(unlink(file) == 0)
                #expect(try findings(evidence).map(\.file) == [file])
                try write(good, to: file)
            }
            #expect(try findings(evidence).isEmpty)
        }
    }

    @Test func `every flipped bit of journal and audit log is found`() async throws {
        try await ScratchDirectory.with { scratch in
            let evidence = try await record(scratch)
            for path in [evidence.journal, evidence.audit] {
                let good = try Files.read(path, limit: 1 << 20)
                let head = ChainedRecords(good).head
                for place in good.indices {
                    for bit in 0..<8 {
                        var bad = good
                        bad[place] ^= 1 << UInt8(bit)
                        let chain = ChainedRecords(bad)
                        let isSeen = chain.damage != nil || chain.tornBytes > 0 || chain.head != head
                        #expect(isSeen, "\(path) byte \(place) bit \(bit)")
                    }
                    if place % 53 == 0 {
                        var bad = good
                        bad[place] ^= 1
                        try write(bad, to: path)
                        let found = try findings(evidence)
                        #expect(found.first?.file == path && found.first?.line != nil, "byte \(place): \(found)")
                    }
                }
                try write(good, to: path)
            }
            #expect(try findings(evidence).isEmpty)
        }
    }

    @Test func `dropped, swapped and doubled records are found at their line`() async throws {
        try await ScratchDirectory.with { scratch in
            let evidence = try await record(scratch)
            for path in [evidence.journal, evidence.audit] {
                let good = try Files.read(path, limit: 1 << 20)
                let lines = good.split(separator: UInt8(ascii: "\n")).map { Array($0) + [UInt8(ascii: "\n")] }
                for place in lines.indices {
                    var dropped = lines
                    dropped.remove(at: place)
                    try write(dropped.flatMap { $0 }, to: path)
                    let found = try findings(evidence)
                    #expect(found.contains { $0.file == path && $0.line == place + 1 }, "drop \(place): \(found)")
                    var doubled = lines
                    doubled.insert(lines[place], at: place)
                    try write(doubled.flatMap { $0 }, to: path)
                    #expect(try !findings(evidence).isEmpty)
                    guard place > 0 else { continue }
                    var swapped = lines
                    swapped.swapAt(place, place - 1)
                    try write(swapped.flatMap { $0 }, to: path)
                    #expect(try findings(evidence).contains { $0.file == path && $0.line == place })
                }
                try write(good, to: path)
            }
        }
    }

    @Test func `a removed journal, a removed audit log and a longer journal are found`() async throws {
        try await ScratchDirectory.with { scratch in
            let evidence = try await record(scratch)
            let good = try Files.read(evidence.journal, limit: 1 << 20)
            let chain = ChainedRecords(good)
            unlink(evidence.journal)
            #expect(try findings(evidence).map(\.message) == ["the journal is missing"])
            let more = Journaling.line(chain.records.count + 1, after: chain.head)
            try write(good + more, to: evidence.journal)
            #expect(try findings(evidence).first?.message.contains("longer than sealed") == true)
            try write(good, to: evidence.journal)
            unlink(evidence.audit)
            #expect(try findings(evidence).map(\.message) == ["the audit log is missing"])
        }
    }

    @Test func `a run without a seal is listed and is no finding, a torn end included`() async throws {
        try await ScratchDirectory.with { scratch in
            let evidence = try await record(scratch)
            let audit = try Files.read(evidence.audit, limit: 1 << 20)
            let first = audit.prefix { $0 != UInt8(ascii: "\n") } + [UInt8(ascii: "\n")]
            try write(Array(first), to: evidence.audit)
            // As the run left it when it was opened.
            try write(
                Array("{\"local.jsonl\":{\"records\":1,\"head\":\"\(ChainedRecords(Array(first)).head)\"}}".utf8),
                to: evidence.run.store.auditHeadPath(of: evidence.outcome.runID))
            let journal = try Files.read(evidence.journal, limit: 1 << 20)
            try write(Array(journal.dropLast(20)), to: evidence.journal)
            let report = try AuditVerifier.verify(evidence.run.store)
            #expect(report.findings.isEmpty)
            #expect(report.unsealed.map(\.id) == [evidence.outcome.runID])
            #expect(report.unsealed.first?.note != nil)
            #expect(report.guarantees.first?.contains("was checked") == true)
        }
    }

    private static let oneWay = RunCase.playbook(
        RunCase.play("localhost", "", "- do: {name: a}\n  irreversible: true\n- do: {name: b}"))

    private func lines(_ bytes: [UInt8]) -> [[UInt8]] {
        bytes.split(separator: UInt8(ascii: "\n")).map { Array($0) + [UInt8(ascii: "\n")] }
    }

    /// What is on the disk when a run is killed while a step acts.
    private func killed(_ scratch: ScratchDirectory) async throws -> Evidence {
        let run = RunCase(scratch)
        let kept = Locked<[String: [UInt8]]>([:])
        let store = run.store
        run.script.answer("b") { _ in
            let id = try store.runIDs().first ?? ""
            let paths = [store.journalPath(of: id), store.auditPath(clusterID: nil), store.auditHeadPath(of: id)]
            let files = paths.map { ($0, (try? Files.read($0, limit: 1 << 20)) ?? []) }
            kept.withLock { $0 = Dictionary(files) { $1 } }
            return ActionOutcome(.changed)
        }
        var options = RunOptions()
        options.assumesYes = true
        let outcome = try await run.run(Self.oneWay, options: options)
        for (path, bytes) in kept.withLock({ $0 }) { try write(bytes, to: path) }
        return Evidence(
            run: run, journal: store.journalPath(of: outcome.runID), audit: store.auditPath(clusterID: nil),
            outcome: outcome)
    }

    @Test func `a tail cut off the log of a killed run is found`() async throws {
        try await ScratchDirectory.with { scratch in
            let evidence = try await killed(scratch)
            #expect(try findings(evidence).isEmpty)
            let records = lines(try Files.read(evidence.audit, limit: 1 << 20))
            #expect(records.count > 2)
            for count in records.indices {
                try write(records.prefix(count).flatMap { $0 }, to: evidence.audit)
                let found = try findings(evidence)
                #expect(found.contains { $0.message.contains("cut off") }, "\(count) records left: \(found)")
            }
        }
    }

    @Test func `a head that was taken away with the end of the log is missed`() async throws {
        try await ScratchDirectory.with { scratch in
            let evidence = try await killed(scratch)
            let records = lines(try Files.read(evidence.audit, limit: 1 << 20))
            try write(records.dropLast().flatMap { $0 }, to: evidence.audit)
            let head = evidence.run.store.auditHeadPath(of: evidence.outcome.runID)
            unlink(head)
            #expect(try findings(evidence).contains { $0.file == head && $0.message.contains("missing") })
            try write(Array("{".utf8), to: head)
            #expect(try findings(evidence).contains { $0.file == head && $0.message.contains("no record") })
        }
    }

    @Test func `a run that acted and that no log knows is found`() async throws {
        try await ScratchDirectory.with { scratch in
            let evidence = try await killed(scratch)
            try write([], to: evidence.audit)
            unlink(evidence.run.store.auditHeadPath(of: evidence.outcome.runID))
            #expect(try findings(evidence).contains { $0.message.contains("no audit log knows of it") })
            // Killed before the log knew of it: it has done nothing.
            let records = lines(try Files.read(evidence.journal, limit: 1 << 20))
            try write(records.prefix(2).flatMap { $0 }, to: evidence.journal)
            #expect(try findings(evidence).isEmpty)
        }
    }

    @Test func `a step that cannot be taken back stands in the log and in the journal`() async throws {
        try await ScratchDirectory.with { scratch in
            let evidence = try await killed(scratch)
            let audit = lines(try Files.read(evidence.audit, limit: 1 << 20))
            let journal = lines(try Files.read(evidence.journal, limit: 1 << 20))
            try write(journal.prefix(2).flatMap { $0 }, to: evidence.journal)
            #expect(
                try findings(evidence).contains {
                    $0.file == evidence.journal && $0.message.contains("which the audit log has")
                })
            try write(journal.flatMap { $0 }, to: evidence.journal)
            // A log that was written anew without the step, its head with it.
            try write(audit[0], to: evidence.audit)
            let head = evidence.run.store.auditHeadPath(of: evidence.outcome.runID)
            try write(
                Array("{\"local.jsonl\":{\"records\":1,\"head\":\"\(ChainedRecords(audit[0]).head)\"}}".utf8),
                to: head)
            #expect(
                try findings(evidence).contains {
                    $0.file == evidence.audit && $0.message.contains("cannot be taken back")
                })
        }
    }

    @Test func `no audit log at all is fine`() async throws {
        try await ScratchDirectory.with { scratch in
            let report = try AuditVerifier.verify(RunStore(root: "\(scratch.path)/none"))
            #expect(report.exitCode == .done)
            #expect(report.auditFiles.isEmpty)
        }
    }

    @Test func `runs share an audit log, and a torn end is cut and told by the next one`() async throws {
        try await ScratchDirectory.with { scratch in
            let evidence = try await record(scratch)
            let audit = try Files.read(evidence.audit, limit: 1 << 20)
            try write(audit + Array("{\"seq\":3,\"pre".utf8), to: evidence.audit)
            #expect(try findings(evidence).first?.message.contains("torn") == true)
            _ = try await evidence.run.run(RunCase.playbook(RunCase.play("localhost", "", "- do: {name: a}")))
            let records = try AuditVerifier.records(evidence.run.store).map { $0.record["type"]?.stringValue ?? "" }
            #expect(records == ["run_opened", "run_closed", "audit_repaired", "run_opened", "run_closed"])
            #expect(try findings(evidence).isEmpty)
        }
    }

    @Test func `a damaged audit log stops the next run before any effect`() async throws {
        try await ScratchDirectory.with { scratch in
            let evidence = try await record(scratch)
            var audit = try Files.read(evidence.audit, limit: 1 << 20)
            audit[40] ^= 1
            try write(audit, to: evidence.audit)
            let before = evidence.run.script.effects.count
            let outcome = try await evidence.run.run(
                RunCase.playbook(RunCase.play("localhost", "", "- do: {name: a}")))
            #expect(outcome.exitCode == .damagedEvidence)
            #expect(evidence.run.script.effects.count == before)
        }
    }

    @Test func `folders are private, and the plan and the sources are kept`() async throws {
        try await ScratchDirectory.with { scratch in
            let evidence = try await record(scratch)
            let folder = evidence.run.store.folder(of: evidence.outcome.runID)
            for path in [folder, "\(folder)/sources", "\(folder)/output", evidence.run.store.auditFolder] {
                var info = stat()
                #expect(stat(path, &info) == 0 && info.st_mode & 0o777 == 0o700, "\(path)")
            }
            let plan = try JSON.parse(try Files.read("\(folder)/plan.json", limit: 1 << 20))
            #expect(plan["digest"]?.stringValue == evidence.outcome.state.run.planDigest)
            #expect(try Files.list("\(folder)/sources").contains("1-p.yml"))
        }
    }
}
