import EventLoop
import Values

/// Compares the files that the steps of a run left in its folder with what the journal says of them.
///
/// A file that no record names is no finding: a run that is killed between the file and the record leaves one, and
/// playbooks may write into the run's folder themselves.
enum KeptEvidence {
    static func differences(
        of run: AuditReport.Run, _ journal: ChainedRecords, _ store: RunStore
    ) -> [AuditReport.Finding] {
        let folder = store.folder(of: run.id)
        return journal.records.flatMap { record -> [AuditReport.Finding] in
            guard let type = record.value["type"]?.stringValue, type == "task_finished" || type == "task_retried"
            else { return [] }
            return (record.value["files"]?.listValue ?? []).compactMap(\.mapValue).compactMap { map in
                difference(of: KeptFile(tree: map), in: folder, store)
            }
        }
    }

    private static func difference(
        of file: KeptFile, in folder: String, _ store: RunStore
    ) -> AuditReport.Finding? {
        let path = "\(folder)/\(file.path)"
        func finding(_ message: String) -> AuditReport.Finding { .init(file: path, line: nil, message: message) }
        // The names come from the journal, which somebody may have written anew with its chain: they lead nowhere else.
        guard file.path.hasPrefix("\(RunStore.outputName)/"), !file.path.split(separator: "/").contains("..") else {
            return finding("the journal names a file outside the run's folder")
        }
        do throws(SystemError) {
            let content = try store.storage.read(path)
            if content.count != file.bytes {
                return finding("it is not what the step left: \(content.count) bytes, \(file.bytes) in the journal")
            }
            return Digest.sha256(content) == file.sha256
                ? nil : finding("it is not what the step left: its digest is another")
        } catch {
            return finding(error.isMissing ? "what the step left is missing" : "it cannot be read: \(error.reason)")
        }
    }
}
