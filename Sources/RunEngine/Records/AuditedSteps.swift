import Values

/// Compares the steps that an audit log follows (irreversible and forced ones) with the journal of their run.
enum AuditedSteps {
    private struct Intent: Hashable, CustomStringConvertible {
        var key: String
        var attempt: Int64

        var description: String { "step \(key), attempt \(attempt)" }

        init?(_ record: ChainedRecords.Record) {
            guard record.value["type"]?.stringValue == "task_started", let key = record.value["key"]?.stringValue
            else { return nil }
            self.key = key
            attempt = record.value["attempt"]?.intValue ?? 1
        }
    }

    /// 1. What stands in the log stands in the journal: the journal is written first.
    /// 2. What stands in the journal stands in the log: it is written before the step acts. Of a run that was killed, only a
    ///    step with an outcome is known to have been let go.
    static func differences(
        of run: AuditReport.Run, _ journalPath: String, _ journal: ChainedRecords, _ audit: ChainedRecords,
        isSealed: Bool
    ) -> [AuditReport.Finding] {
        let logged = audit.records.filter { $0.value["run"]?.stringValue == run.id }.compactMap(Intent.init)
        let meant = journal.records.filter { $0.value["irreversible"]?.boolValue == true }.compactMap(Intent.init)
        let ended = Set(
            journal.records.filter { $0.value["type"]?.stringValue == "task_finished" }
                .compactMap { $0.value["key"]?.stringValue })
        let (inJournal, inLog) = (Set(meant), Set(logged))
        let unmeant = logged.filter { !inJournal.contains($0) }.map { intent in
            AuditReport.Finding(
                file: journalPath, line: nil, message: "it lacks \(intent), which the audit log has")
        }
        let unlogged = meant.filter { !inLog.contains($0) && (isSealed || ended.contains($0.key)) }.map { intent in
            AuditReport.Finding(
                file: run.audit, line: nil,
                message: "it lacks \(intent) of run \(run.id), which cannot be taken back")
        }
        return unmeant + unlogged
    }
}
