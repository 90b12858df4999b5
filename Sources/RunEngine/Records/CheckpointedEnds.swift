import EventLoop
import Values

/// Checkpoints that were kept elsewhere, as they are given to `opsrun audit verify`.
package struct CheckpointEvidence: Sendable {
    package var file: String
    package var bytes: [UInt8]
    /// All of them have to be signed by it; nil: signatures are not looked at.
    package var key: CheckpointKey?

    package init(file: String, bytes: [UInt8], key: CheckpointKey?) {
        self.file = file
        self.bytes = bytes
        self.key = key
    }
}

/// Compares the ends of the audit logs with checkpoints.
///
/// 1. Every line that begins a checkpoint is one, signed where a key is given.
/// 2. The log of each is there, and long enough.
/// 3. The record of its number is the one that it saw: a log that was written anew, even by the rules, has another.
enum CheckpointedEnds {
    static func check(
        _ evidence: CheckpointEvidence, _ chains: [String: ChainedRecords], in folder: String,
        _ report: inout AuditReport
    ) {
        var newest: [String: AuditCheckpoint] = [:]
        var found: Set<AuditReport.Finding> = []
        func note(_ finding: AuditReport.Finding) {
            if found.insert(finding).inserted { report.findings.append(finding) }
        }
        for (number, line) in lines(of: evidence.bytes) {
            let checkpoint: AuditCheckpoint
            do throws(CheckpointDamage) {
                guard let read = try AuditCheckpoint(in: line) else { continue }
                checkpoint = read
            } catch {
                note(.init(file: evidence.file, line: number, message: "the checkpoint was changed"))
                continue
            }
            if let key = evidence.key, let objection = checkpoint.objection(key) {
                note(.init(file: evidence.file, line: number, message: "the checkpoint does not count: \(objection)"))
                continue
            }
            let path = "\(folder)/\(checkpoint.log)"
            let what = "the checkpoint of \(checkpoint.time)"
            if newest[checkpoint.log].map({ $0.sequence < checkpoint.sequence }) ?? true {
                newest[checkpoint.log] = checkpoint
            }
            guard checkpoint.sequence > 0 else { continue }
            guard let chain = chains[checkpoint.log] else {
                note(.init(file: path, line: nil, message: "the audit log is missing, which \(what) knows"))
                continue
            }
            if checkpoint.sequence > chain.records.count {
                // What comes after a damaged record is a finding of its own.
                guard chain.damage == nil else { continue }
                note(
                    .init(
                        file: path, line: chain.records.count + 1,
                        message: "its end was cut off: \(what) has record \(checkpoint.sequence)"))
            } else if chain.records[checkpoint.sequence - 1].hash != checkpoint.head {
                note(.init(file: path, line: checkpoint.sequence, message: "the record is not the one of \(what)"))
            }
        }
        if newest.isEmpty, found.isEmpty {
            note(.init(file: evidence.file, line: nil, message: "it holds no checkpoint of an audit log"))
        }
        for (log, checkpoint) in newest.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            let signed = evidence.key == nil ? "its signature not looked at" : "signed"
            report.guarantees.append(
                "\(log): its end was checked against the checkpoint of \(checkpoint.time), record \(checkpoint.sequence) (\(signed))"
            )
        }
    }

    private static func lines(of bytes: [UInt8]) -> [(number: Int, text: Substring)] {
        bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated().map {
            ($0.offset + 1, Substring(String(decoding: $0.element, as: UTF8.self)))
        }
    }
}
