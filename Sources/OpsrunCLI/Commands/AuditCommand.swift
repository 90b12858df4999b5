internal import EventLoop
internal import RunEngine
internal import Values

/// `opsrun audit verify` and `opsrun audit show`.
enum AuditCommand {
    static func verify(_ options: Options, in surroundings: Surroundings) -> ExitCode {
        let evidence: CheckpointEvidence?
        do throws(StepFailure) {
            evidence = try self.evidence(options)
        } catch {
            surroundings.complain(error.message, color: options.color)
            return .invalid
        }
        return withStore(options, surroundings) { store throws(SystemError) in
            let report = try AuditVerifier.verify(store, against: evidence)
            if options.output == .json {
                surroundings.output.write(JSON.text(json(report), pretty: true) + "\n")
            } else {
                let style = surroundings.style(options.color, for: surroundings.output)
                surroundings.output.write(text(report, folder: store.auditFolder, style))
            }
            return report.exitCode
        }
    }

    /// The files of checkpoints as one.
    private static func evidence(_ options: Options) throws(StepFailure) -> CheckpointEvidence? {
        guard let first = options.checkpoints.first else {
            if options.key != nil {
                throw StepFailure(.invalid, "--public-key wants checkpoints: give --checkpoint FILE")
            }
            return nil
        }
        var bytes: [UInt8] = []
        for file in options.checkpoints {
            do throws(SystemError) {
                bytes += try Files.read(file, limit: checkpointBytes)
            } catch {
                throw StepFailure(.invalid, "the checkpoints in \(file) cannot be read: \(error.reason)")
            }
            bytes.append(UInt8(ascii: "\n"))
        }
        return CheckpointEvidence(file: first, bytes: bytes, key: try options.key.map(key))
    }

    static func key(_ file: String) throws(StepFailure) -> CheckpointKey {
        do throws(CheckpointKey.Failure) {
            return try CheckpointKey(file: file)
        } catch {
            throw StepFailure(.invalid, "the key \(file) cannot be used: \(error)")
        }
    }

    private static let checkpointBytes = 256 << 20

    static func checkpoint(_ options: Options, in surroundings: Surroundings) -> ExitCode {
        let key: CheckpointKey?
        do throws(StepFailure) {
            key = try options.key.map(self.key)
        } catch {
            surroundings.complain(error.message, color: options.color)
            return .invalid
        }
        return withStore(options, surroundings) { store throws(SystemError) in
            let (checkpoints, damaged) = try AuditVerifier.ends(of: store, at: surroundings.wallClock)
            for var checkpoint in checkpoints {
                do throws(CheckpointKey.Failure) {
                    if let key { try checkpoint.sign(with: key) }
                } catch {
                    surroundings.complain("the key \(options.key ?? "") cannot sign: \(error)", color: options.color)
                    return .invalid
                }
                surroundings.output.write(checkpoint.line + "\n")
            }
            for name in damaged {
                surroundings.complain("\(name) is damaged", hint: "see opsrun audit verify", color: options.color)
            }
            return damaged.isEmpty ? .done : .damagedEvidence
        }
    }

    static func show(_ options: Options, in surroundings: Surroundings) -> ExitCode {
        withStore(options, surroundings) { store throws(SystemError) in
            let records = byRun(try AuditVerifier.records(store))
            if options.output == .json {
                let items = records.map { file, record -> Value in
                    var map: ValueMap = ["audit": .string(file)]
                    for (key, value) in record.mapValue ?? ValueMap() { map[key] = value }
                    return .map(map)
                }
                surroundings.output.write(JSON.text(["records": .list(items)], pretty: true) + "\n")
            } else {
                let style = surroundings.style(options.color, for: surroundings.output)
                surroundings.output.write(
                    records.isEmpty
                        ? "no audit log in \(SafeText.escape(store.auditFolder))\n"
                        : table(records, style))
            }
            return .done
        }
    }

    /// Run after run, in the order in which they began, whatever logs they wrote to: their ids say when. An embedded
    /// cluster's own clock does not.
    static func byRun(_ records: [(file: String, record: Value)]) -> [(file: String, record: Value)] {
        records.enumerated().sorted { left, right in
            let (first, second) = (left.element.record["run"]?.stringValue, right.element.record["run"]?.stringValue)
            guard let first, let second, first != second else { return left.offset < right.offset }
            return first.utf8.lexicographicallyPrecedes(second.utf8)
        }.map(\.element)
    }

    private static func withStore(
        _ options: Options, _ surroundings: Surroundings, _ body: (RunStore) throws(SystemError) -> ExitCode
    ) -> ExitCode {
        guard let folder = ProjectPaths(surroundings).stateFolder(options) else {
            surroundings.complain("no state directory is known", hint: "set HOME, or give --state-dir")
            return .storage
        }
        do throws(SystemError) {
            return try body(RunStore(root: folder))
        } catch {
            surroundings.complain("the evidence cannot be read: \(error)")
            return .storage
        }
    }

    // MARK: Texts

    static func text(_ report: AuditReport, folder: String, _ style: Style) -> String {
        guard !report.auditFiles.isEmpty || !report.findings.isEmpty else {
            return "no audit log in \(SafeText.escape(folder)): nothing to verify\n"
        }
        var text = ""
        for finding in report.findings {
            text += style(.bad, "damaged") + ": \(SafeText.escape(finding.description))\n"
        }
        for run in report.unsealed {
            text += style(.warning, "not sealed") + ": run \(SafeText.escape(run.id)): open, suspended or killed"
            text += (run.note.map { "; \(SafeText.escape($0))" } ?? "") + "\n"
        }
        for guarantee in report.guarantees { text += style(.quiet, SafeText.escape(guarantee)) + "\n" }
        let logs = report.auditFiles.count == 1 ? "1 audit log" : "\(report.auditFiles.count) audit logs"
        let runs = report.runs.count == 1 ? "1 run" : "\(report.runs.count) runs"
        let counted = "\(logs), \(report.records) records, \(runs)"
        text +=
            report.findings.isEmpty
            ? style(.good, "intact") + ": \(counted)\n"
            : style(.bad, "\(report.findings.count) findings") + ": \(counted)\n"
        return text
    }

    static func json(_ report: AuditReport) -> Value {
        [
            "intact": .bool(report.findings.isEmpty),
            "findings": .list(
                report.findings.map { finding in
                    [
                        "file": .string(finding.file), "line": finding.line.map { .int(Int64($0)) } ?? .null,
                        "message": .string(finding.message),
                    ]
                }),
            "runs": .list(
                report.runs.map { run in
                    [
                        "id": .string(run.id), "audit": .string(run.audit), "sealed": .bool(run.closed != nil),
                        "note": run.note.map { .string($0) } ?? .null,
                    ]
                }),
            "audit_files": .list(report.auditFiles.map { .string($0) }), "records": .int(Int64(report.records)),
            "guarantees": .list(report.guarantees.map { .string($0) }),
        ]
    }

    static func table(_ records: [(file: String, record: Value)], _ style: Style) -> String {
        let rows = records.map { file, record -> [String] in
            let time = record["time"]?.stringValue.map { String($0.prefix(19)) + "Z" } ?? "-"
            return [
                time, SafeText.escape(file.hasSuffix(".jsonl") ? String(file.dropLast(6)) : file),
                record["run"]?.stringValue.map { SafeText.escape($0) } ?? "-",
                what(record).map { SafeText.escape($0) }.joined(separator: " "),
            ]
        }
        return TextLayout.lines([["TIME", "LOG", "RUN", "WHAT"]] + rows)
    }

    private static func glass(_ record: Value) -> [String] {
        record["break_glass"]?.stringValue.map { ["BREAK GLASS: \($0);"] } ?? []
    }

    private static func what(_ record: Value) -> [String] {
        func text(_ name: String) -> String? { record[name]?.stringValue }
        switch text("type") {
        case "run_opened":
            let behind = [
                text("sudo_user").map { "sudo by \($0)" }, text("ci_actor").map { "for \($0)" }, text("ci_url"),
            ]
            .compactMap(\.self)
            return glass(record) + [
                "opened by \(text("user") ?? "?")@\(text("host") ?? "?")"
                    + (behind.isEmpty ? "" : " (\(behind.joined(separator: ", ")))")
                    + ": \(text("playbook_name") ?? text("playbook") ?? "?")",
                text("plan_digest").map { "plan \($0.prefix(12))" } ?? "", text("speed_note").map { "(\($0))" } ?? "",
            ]
        case "run_closed":
            let code = record["exit_code"]?.intValue.map { ", exit \($0)" } ?? ""
            return ["closed: \(text("status") ?? "?")\(code)", text("message") ?? ""]
        case "approval_decided":
            return [
                "\(text("decision") ?? "?") by \(text("by") ?? "?")"
                    + " (\([text("method"), text("key_fingerprint")].compactMap(\.self).joined(separator: ", ")))",
                text("reason") ?? "",
            ]
        case "lock_broken":
            return [
                "lock of \(text("cluster") ?? "?") broken by \(text("by") ?? "?")@\(text("host") ?? "?"): "
                    + "\(text("reason") ?? "")",
                "(\(record["holder"]?["run"]?.stringValue.map { "run \($0)" } ?? "?") had it)",
            ]
        case "lock_taken": return ["lock of \(text("cluster") ?? "?") taken over from \(text("former") ?? "?")"]
        case "lock_lost": return [text("reason") ?? "lock lost"]
        case "run_resumed":
            return glass(record) + ["resumed by \(text("user") ?? "?")@\(text("host") ?? "?")"]
        case "task_started": return ["irreversible: \(text("name") ?? "?") on \(text("host") ?? "?")"]
        case "task_finished": return ["\(text("status") ?? "?"): \(text("name") ?? "?") on \(text("host") ?? "?")"]
        case "step_resolved":
            return ["\(text("key") ?? "?") is \(text("as") ?? "?"), says \(text("by") ?? "?")", text("reason") ?? ""]
        default: return [text("type") ?? "?"]
        }
    }
}
