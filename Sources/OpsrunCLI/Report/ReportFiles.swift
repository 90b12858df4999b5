package import EventLoop
internal import Glibc
package import RunEngine
internal import Values

/// A run's folder, read for a report; and its `report.html` and `report.md`, written.
package enum ReportFiles {
    /// The report of a run from its folder, whatever state it is in. `told`: of what was read of its journal before, which is
    /// not read again. Throws where it has no journal.
    package static func read(
        _ runID: String, in store: RunStore, after told: RunReport = RunReport()
    ) throws(SystemError) -> RunReport {
        var report = told
        report.journalEnd = try store.readJournal(of: runID, after: told.journalEnd) { report.apply($0) }
        if let bytes = try? store.storage.read(store.auditHeadPath(of: runID)),
            let heads = try? JSON.parse(bytes).mapValue
        {
            report.auditHeads = heads.compactMap { name, value in
                guard let head = value["head"]?.stringValue, let records = value["records"]?.intValue else {
                    return nil
                }
                return (name, records, head)
            }
        }
        return report
    }

    /// As HTML, with the beginnings of what its steps left in the folder.
    package static func html(_ report: RunReport, in store: RunStore) -> String {
        let folder = store.folder(of: report.state.run.runID)
        return HTMLReport(report) { file in text(of: file, in: folder) }.text()
    }

    /// Writes both into the run's folder. Says why not; nil when they are there.
    package static func write(_ report: RunReport, in store: RunStore) -> String? {
        let folder = store.folder(of: report.state.run.runID)
        return keep(html(report, in: store), in: "\(folder)/report.html")
            ?? keep(MarkdownReport(report).text(), in: "\(folder)/report.md")
    }

    /// Replaces a file as a whole. Not synced: it can be made again. Says why not; nil when it is there.
    package static func keep(_ text: String, in path: String) -> String? {
        let temporary = "\(path).\(getpid()).\(UInt32.random(in: .min ... .max)).tmp"
        do throws(SystemError) {
            try Files.writeNew(Array(text.utf8), to: temporary)
        } catch {
            return "\(path) cannot be written: \(error.reason)"
        }
        guard rename(temporary, path) == 0 else {
            let reason = SystemError.reason(of: errno)
            unlink(temporary)
            return "\(path) cannot be written: \(reason)"
        }
        return nil
    }

    /// Only what lies below the run's `output`: a path of a journal is text that a person may have changed.
    private static func text(of file: KeptFile, in folder: String) -> String? {
        let parts = file.path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.first == "output", !parts.contains(".."), !parts.contains("."), !parts.contains(""),
            !file.path.contains("\0"), file.bytes <= largestFile,
            let bytes = try? Files.read("\(folder)/\(file.path)", limit: largestFile)
        else { return nil }
        return String(decoding: bytes.prefix(HTMLReport.longestOutput), as: UTF8.self)
    }

    /// Of which the beginning is shown; the runner keeps no larger ones.
    private static let largestFile = 64 << 20
}
