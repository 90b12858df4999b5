package import EventLoop
package import Values

/// What `opsrun audit verify` found.
package struct AuditReport: Sendable {
    /// Something that is wrong with the evidence.
    package struct Finding: Sendable, Hashable, CustomStringConvertible {
        package var file: String
        /// From 1; nil when it is the file as a whole.
        package var line: Int?
        package var message: String

        package var description: String { file + (line.map { ":\($0)" } ?? "") + ": " + message }
    }

    /// A run in the audit log.
    package struct Run: Sendable {
        package var id: String
        package var audit: String
        package var opened: Value
        /// Nil: open, suspended or killed; no finding.
        package var closed: Value?
        /// Seals of the times before that the run ended and was gone on with.
        package var earlier: [Value] = []
        /// What is worth saying about it, such as a torn last line of a killed run's journal.
        package var note: String?
    }

    package var findings: [Finding] = []
    package var runs: [Run] = []
    package var auditFiles: [String] = []
    package var records = 0
    /// Which guarantee applied to the ends of the chains.
    package var guarantees: [String] = []

    /// Runs that have no seal yet.
    package var unsealed: [Run] { runs.filter { $0.closed == nil } }
    package var exitCode: ExitCode { findings.isEmpty ? .done : .damagedEvidence }
}

/// Checks the audit logs, and the journals that they seal, by reading only.
///
/// 1. Each log's chain: the first record that is wrong is named.
/// 2. Each sealed run: its journal is there, whole, and ends where the seal says.
/// 3. Each run without a seal: its journal is there and whole up to its last write.
/// 4. Steps that cannot be taken back stand in both, the log and the journal.
/// 5. The ends: every head that a run kept in its folder lies on its chain, and every run that acted kept one.
/// 6. No run has acted that no log knows.
/// 7. Each run's plan is the one that its record names by digest, and the sources are those that the plan names.
/// 8. Each file that a step left in its run's folder is the one that the journal names by size and digest.
/// 9. The ends against checkpoints that were kept elsewhere, where they are given.
package enum AuditVerifier {
    package static func verify(
        _ store: RunStore, against evidence: CheckpointEvidence? = nil
    ) throws(SystemError) -> AuditReport {
        var report = AuditReport()
        var chains: [String: ChainedRecords] = [:]
        for name in try names(in: store.auditFolder, store) where name.hasSuffix(".jsonl") {
            let path = "\(store.auditFolder)/\(name)"
            report.auditFiles.append(path)
            let chain = ChainedRecords(try store.storage.read(path))
            chains[name] = chain
            report.records += chain.records.count
            note(chain, path, in: &report)
            check(runs(of: chain, path), chain, in: &report, store)
        }
        let isDamaged = chains.values.contains { $0.damage != nil }
        let cut = try checkHeads(chains, in: &report, store)
        if !isDamaged { try checkUnknownRuns(beside: cut, in: &report, store) }
        if let evidence { CheckpointedEnds.check(evidence, chains, in: store.auditFolder, &report) }
        return report
    }

    /// Where each audit log ends now; the second part names logs that are damaged.
    package static func ends(
        of store: RunStore, at time: Timestamp
    ) throws(SystemError) -> (checkpoints: [AuditCheckpoint], damaged: [String]) {
        var checkpoints: [AuditCheckpoint] = []
        var damaged: [String] = []
        for name in try names(in: store.auditFolder, store) where name.hasSuffix(".jsonl") {
            let chain = ChainedRecords(
                try store.storage.read("\(store.auditFolder)/\(name)"), isSyncedByRecord: true)
            guard chain.damage == nil else {
                damaged.append(name)
                continue
            }
            checkpoints.append(
                AuditCheckpoint(
                    log: name, sequence: chain.records.count, head: chain.head, time: time, runID: "",
                    journalRecords: 0))
        }
        return (checkpoints, damaged)
    }

    /// The records of an audit log with those of its runs' journals, for `audit show`; stops at damage.
    package static func records(_ store: RunStore) throws(SystemError) -> [(file: String, record: Value)] {
        var result: [(file: String, record: Value)] = []
        for name in try names(in: store.auditFolder, store) where name.hasSuffix(".jsonl") {
            let chain = ChainedRecords(
                try store.storage.read("\(store.auditFolder)/\(name)"), isSyncedByRecord: true)
            result += chain.records.map { (name, $0.value) }
        }
        return result
    }

    private static func names(in folder: String, _ store: RunStore) throws(SystemError) -> [String] {
        do throws(SystemError) {
            return try store.storage.list(folder)
        } catch {
            if error.isMissing { return [] }
            throw error
        }
    }

    private static func note(_ chain: ChainedRecords, _ path: String, in report: inout AuditReport) {
        if let damage = chain.damage {
            report.findings.append(.init(file: path, line: damage.line, message: damage.message))
        } else if chain.tornBytes > 0 {
            report.findings.append(
                .init(
                    file: path, line: chain.records.count + 1,
                    message: "torn: \(chain.tornBytes) bytes of a record that was not finished"))
        }
    }

    private static func runs(of chain: ChainedRecords, _ path: String) -> [AuditReport.Run] {
        var runs: [AuditReport.Run] = []
        var places: [String: Int] = [:]
        for record in chain.records {
            guard let id = record.value["run"]?.stringValue else { continue }
            switch record.value["type"]?.stringValue {
            case "run_opened":
                places[id] = runs.count
                runs.append(.init(id: id, audit: path, opened: record.value, closed: nil, note: nil))
            case "run_closed":
                if let place = places[id] { runs[place].closed = record.value }
            case "run_resumed", "step_resolved":
                guard let place = places[id] else { break }
                if let seal = runs[place].closed { runs[place].earlier.append(seal) }
                runs[place].closed = nil
            default: break
            }
        }
        return runs
    }

    private static func check(
        _ runs: [AuditReport.Run], _ audit: ChainedRecords, in report: inout AuditReport, _ store: RunStore
    ) {
        for var run in runs {
            defer { report.runs.append(run) }
            guard RunID.isValid(run.id) else { continue }
            report.findings += PlannedEvidence.differences(of: run, store)
            let path = store.journalPath(of: run.id)
            let chain: ChainedRecords
            do throws(SystemError) {
                chain = ChainedRecords(try store.storage.read(path))
            } catch {
                let message = error.isMissing ? "the journal is missing" : "the journal cannot be read: \(error.reason)"
                report.findings.append(.init(file: path, line: nil, message: message))
                continue
            }
            if chain.damage == nil { for seal in run.earlier { compare(chain, withEarlier: seal, path, in: &report) } }
            guard let seal = run.closed else {
                if let damage = chain.damage {
                    report.findings.append(.init(file: path, line: damage.line, message: damage.message))
                } else if chain.tornBytes > 0 {
                    run.note = "its last write did not finish (\(chain.tornBytes) bytes)"
                }
                if chain.damage == nil { report.findings += KeptEvidence.differences(of: run, chain, store) }
                if chain.damage == nil, audit.damage == nil {
                    report.findings += AuditedSteps.differences(of: run, path, chain, audit, isSealed: false)
                }
                continue
            }
            note(chain, path, in: &report)
            guard chain.damage == nil, chain.tornBytes == 0 else { continue }
            compare(chain, with: seal, path, in: &report)
            report.findings += KeptEvidence.differences(of: run, chain, store)
            if audit.damage == nil {
                report.findings += AuditedSteps.differences(of: run, path, chain, audit, isSealed: true)
            }
        }
    }

    private static func compare(
        _ chain: ChainedRecords, with seal: Value, _ path: String, in report: inout AuditReport
    ) {
        let sealed = Int(clamping: seal["journal_records"]?.intValue ?? -1)
        if chain.records.count != sealed {
            let word = chain.records.count < sealed ? "shorter" : "longer"
            report.findings.append(
                .init(
                    file: path, line: min(chain.records.count, sealed) + 1,
                    message: "the journal is \(word) than sealed: \(chain.records.count) records, \(sealed) sealed"))
        } else if chain.head != seal["journal_head"]?.stringValue {
            report.findings.append(
                .init(file: path, line: sealed, message: "the journal's last record is not the one that was sealed"))
        }
    }

    /// A journal that was gone on with begins with what was sealed.
    private static func compare(
        _ chain: ChainedRecords, withEarlier seal: Value, _ path: String, in report: inout AuditReport
    ) {
        let sealed = Int(clamping: seal["journal_records"]?.intValue ?? -1)
        guard sealed > 0 else { return }
        if chain.records.count < sealed {
            report.findings.append(
                .init(
                    file: path, line: chain.records.count + 1,
                    message: "the journal is shorter than sealed: \(chain.records.count) records, \(sealed) sealed"))
        } else if chain.records[sealed - 1].hash != seal["journal_head"]?.stringValue {
            report.findings.append(
                .init(file: path, line: sealed, message: "the record is not the one that was sealed"))
        }
    }

    /// Answers with the runs whose end of a chain is missing.
    private static func checkHeads(
        _ chains: [String: ChainedRecords], in report: inout AuditReport, _ store: RunStore
    ) throws(SystemError) -> Set<String> {
        var checked: [String: String] = [:]
        var cut: Set<String> = []
        for runID in try store.runIDs() {
            let headPath = store.auditHeadPath(of: runID)
            let heads: ValueMap
            do throws(SystemError) {
                let bytes = try store.storage.read(headPath)
                guard let map = (try? JSON.parse(bytes))?.mapValue else {
                    report.findings.append(.init(file: headPath, line: nil, message: "it is no record of heads"))
                    continue
                }
                heads = map
            } catch {
                if !error.isMissing || hasActed(runID, store) {
                    let what = error.isMissing ? "is missing" : "cannot be read: \(error.reason)"
                    report.findings.append(
                        .init(file: headPath, line: nil, message: "the head of the audit log that the run kept \(what)")
                    )
                }
                continue
            }
            for (name, head) in heads {
                let path = "\(store.auditFolder)/\(name)"
                let count = Int(clamping: head["records"]?.intValue ?? 0)
                if checked[name] == nil { checked[name] = runID }
                guard let chain = chains[name] else {
                    report.findings.append(.init(file: path, line: nil, message: "the audit log is missing"))
                    cut.insert(runID)
                    continue
                }
                guard count > 0, chain.damage == nil else { continue }
                if count > chain.records.count {
                    cut.insert(runID)
                    report.findings.append(
                        .init(
                            file: path, line: chain.records.count + 1,
                            message: "its end was cut off: run \(runID) wrote record \(count)"))
                } else if chain.records[count - 1].hash != head["head"]?.stringValue {
                    report.findings.append(
                        .init(file: path, line: count, message: "the record is not the one that run \(runID) wrote"))
                }
            }
        }
        for name in chains.keys.sorted() {
            report.guarantees.append(
                checked[name].map { "\(name): its end was checked against the head kept by run \($0)" }
                    ?? "\(name): no run kept a head, so a cut-off end cannot be told")
        }
        return cut
    }

    /// The log knows of a run before it acts, so a journal that goes beyond its opening belongs to one that a log knows.
    private static func checkUnknownRuns(
        beside cut: Set<String>, in report: inout AuditReport, _ store: RunStore
    ) throws(SystemError) {
        let known = Set(report.runs.map(\.id))
        for runID in try store.runIDs() where !known.contains(runID) && !cut.contains(runID) {
            guard hasActed(runID, store) else { continue }
            report.findings.append(
                .init(
                    file: store.journalPath(of: runID), line: nil,
                    message: "the run has acted, and no audit log knows of it"))
        }
    }

    /// True when a run's journal goes beyond its opening, which is written before the log knows of the run.
    private static func hasActed(_ runID: String, _ store: RunStore) -> Bool {
        guard let bytes = try? store.storage.read(store.journalPath(of: runID)) else { return false }
        let opening = ["run_opened", "planned", "lock_taken", "approval_decided"]
        return ChainedRecords(bytes).records.contains { !opening.contains($0.value["type"]?.stringValue ?? "") }
    }
}
