import Playbooks
package import Values

/// Where an audit log ended at a moment, to be kept where whoever can write the log cannot: what a chain cannot show by itself,
/// an end that was cut off or a log that was written anew, is found against it.
///
/// One line of JSON, in this order of members and without spaces:
///
///     {"opsrun_checkpoint":1,"log":"prod.jsonl","seq":812,"head":"9f86…","time":"2026-11-22T04:00:00.000Z","run":"01a2…",
///      "journal_records":96,"key":"4c2a…","sig":"…"}
///
/// `seq` and `head` are number and hash of the log's last record; `journal_records` how long the journal of the run was. `sig`
/// is an Ed25519 signature, in hex, over all bytes before `,"sig":"`, `key` the SHA-256 of the raw public key.
package struct AuditCheckpoint: Sendable, Hashable {
    /// The name of the log's file: `CLUSTER.jsonl`.
    package var log: String
    package var sequence: Int
    package var head: String
    package var time: Timestamp
    package var runID: String
    package var journalRecords: Int
    /// Of the public key, where it is signed.
    package private(set) var key: String?
    package private(set) var signature: [UInt8]?

    package init(
        log: String, sequence: Int, head: String, time: Timestamp, runID: String, journalRecords: Int
    ) {
        self.log = log
        self.sequence = sequence
        self.head = head
        self.time = time
        self.runID = runID
        self.journalRecords = journalRecords
    }

    private static let opening = "{\"opsrun_checkpoint\":1,"

    /// What is signed.
    private var body: String {
        func quoted(_ text: String) -> String { JSON.text(.string(text)) }
        return Self.opening + "\"log\":\(quoted(log)),\"seq\":\(sequence),\"head\":\(quoted(head)),\"time\":\"\(time)\""
            + ",\"run\":\(quoted(runID)),\"journal_records\":\(journalRecords)"
            + (key.map { ",\"key\":\(quoted($0))" } ?? "")
    }

    /// Without the newline.
    package var line: String { body + (signature.map { ",\"sig\":\"\(Digest.hex($0))\"" } ?? "") + "}" }

    package mutating func sign(with key: CheckpointKey) throws(CheckpointKey.Failure) {
        self.key = key.fingerprint
        signature = try key.sign(Array(body.utf8))
    }

    /// Why it is not one that the key has signed; nil: it is.
    package func objection(_ key: CheckpointKey) -> String? {
        guard let signature, let name = self.key else { return "it is not signed" }
        guard name == key.fingerprint else { return "it is signed by another key" }
        return key.verifies(signature, of: Array(body.utf8)) ? nil : "its signature is not that of its content"
    }

    /// Finds the checkpoint in a line, whatever a system log or a summary has put around it. Nil: there is none; a failure: one
    /// that was changed.
    package init?(in line: Substring) throws(CheckpointDamage) {
        guard let start = line.range(of: Self.opening), let end = line.lastIndex(of: "}") else { return nil }
        let text = String(line[start.lowerBound...end])
        guard let map = (try? JSON.parse(text))?.mapValue, let log = map["log"]?.stringValue,
            let sequence = map["seq"]?.intValue, sequence >= 0, let head = map["head"]?.stringValue,
            let time = map["time"]?.stringValue.flatMap(Timestamp.init(rfc3339Text:)),
            let run = map["run"]?.stringValue, let journal = map["journal_records"]?.intValue
        else { throw CheckpointDamage() }
        self.init(
            log: log, sequence: Int(clamping: sequence), head: head, time: time, runID: run,
            journalRecords: Int(clamping: journal))
        key = map["key"]?.stringValue
        signature = try map["sig"]?.stringValue.map { text throws(CheckpointDamage) in
            guard let bytes = Digest.bytes(hex: text) else { throw CheckpointDamage() }
            return bytes
        }
        guard self.line == text else { throw CheckpointDamage() }
    }
}

/// What begins as a checkpoint and is none.
package struct CheckpointDamage: Error, Sendable {}

/// Somewhere that checkpoints are kept.
package protocol CheckpointSink: Sendable {
    /// As it was written in the inventory or on the command line.
    var name: String { get }
    /// Throws `StepFailure` when it is not known to be kept there.
    func keep(_ checkpoint: AuditCheckpoint) async throws
}

extension Digest {
    static func bytes(hex: String) -> [UInt8]? {
        let digits = Array(hex.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for place in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[place...place + 1], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }
}

extension Substring {
    /// Where a text begins in it.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text), let end = index(start, offsetBy: text.count, limitedBy: endIndex) {
                return start..<end
            }
            start = index(after: start)
        }
        return nil
    }
}
