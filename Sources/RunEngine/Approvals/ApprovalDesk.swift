import EventLoop
import Playbooks
import Values

/// Looks at the signed approvals of a plan or a run, and says which of them count for a question.
struct ApprovalDesk: Sendable {
    /// How far the clock of whoever signed may be ahead of ours.
    private static let skew = Duration.seconds(300)

    let signers: AllowedSigners?
    /// The first one is the run's own: what counts is kept there.
    let folders: [ApprovalFolder]
    /// What counts has to be for one of these: the plan of the run, and the plan in a file that it was made from.
    let digests: Set<String>
    let runID: String?
    private let used: UsedApprovals

    /// `runID`: nil while the run has not begun.
    init(_ inputs: RunInputs, digests: Set<String>, runID: String?, folder: ApprovalFolder?, used: UsedApprovals) {
        self.used = used
        signers = inputs.inventory.allowedSigners.map { AllowedSigners(path: $0) }
        folders = (folder.map { [$0] } ?? []) + inputs.approvalFolders
        self.digests = digests
        self.runID = runID
    }

    /// Counts what lies there for the task (nil: the plan as a whole), asked by the step of this key; what does not count is noted with the reason.
    func collect(
        into count: inout ApprovalCount, task: String?, step: String?, mustType: String?
    ) async throws(RecordFailure) {
        let now = Self.now
        var seen: Set<[UInt8]> = []
        for entry in folders.flatMap({ $0.entries() })
        where seen.insert(entry.bytes + (entry.signature ?? [])).inserted {
            let name = entry.file.split(separator: "/").last.map(String.init) ?? entry.file
            guard let text = ApprovalText(bytes: entry.bytes) else {
                count.note("\(name) is not an approval as opsrun writes it")
                continue
            }
            let what = "the \(text.isGranted ? "yes" : "no") of \(text.by)"
            if !digests.contains(text.planDigest) {
                count.note("\(what) is for another plan (sha256 \(text.planDigest.prefix(12)))")
                continue
            }
            guard text.task == task else { continue }
            if let objection = objection(to: text, step: step, mustType: mustType, at: now) {
                count.note("\(what) \(objection)")
                continue
            }
            let digest = Digest.sha256(entry.bytes)
            // What is for a named run is bound to it already.
            if text.isGranted, text.runID == nil, let user = try used.user(of: digest), user != runID {
                count.note("\(what) has counted for run \(user), and an approval of a plan counts for one run")
                continue
            }
            guard let signers else {
                count.note("\(what) cannot be checked: the inventory names no allowed_signers")
                continue
            }
            guard entry.signature != nil else {
                count.note("\(what) is not signed: there is no \(name).sig")
                continue
            }
            switch await signers.verify(entry.bytes, signature: "\(entry.file).sig", by: text.by) {
            case .bad(let reason): count.note("\(what) does not count: \(reason)")
            case .good(let fingerprint):
                if let initiator = await initiator(behind: entry, count, text.by, signers) {
                    count.note(
                        "\(what) is signed with a key of \(initiator), who started the run, and four eyes are wanted")
                    continue
                }
                var voice = ApprovalCount.Voice(
                    by: text.by, method: "signed file", key: fingerprint, reason: text.reason)
                (voice.text, voice.expires) = (digest, text.expires)
                if text.isGranted { count.grant(voice) } else { count.deny(voice) }
                // A copy that cannot be kept changes nothing about what was signed.
                if let own = folders.first { try? own.keep(entry) }
            }
        }
    }

    /// By the clock that approvals are signed under.
    static var now: Timestamp { Timestamp(milliseconds: SystemTimeSource().sinceEpoch.milliseconds) }

    /// From now on a text counts for this run alone.
    func use(_ voice: ApprovalCount.Voice) throws(RecordFailure) {
        if let runID, let text = voice.text { try used.use(text, for: runID) }
    }

    /// Who of those that may not approve has this key too: a key may have several names.
    private func initiator(
        behind entry: ApprovalFolder.Entry, _ count: ApprovalCount, _ author: String, _ signers: AllowedSigners
    ) async -> String? {
        for name in count.initiators.sorted() where name != author {
            if case .good = await signers.verify(entry.bytes, signature: "\(entry.file).sig", by: name) { return name }
        }
        return nil
    }

    /// Copies what lies elsewhere for these plans into the run's folder, so that a resume finds it.
    func keepAll() {
        guard let own = folders.first else { return }
        for entry in folders.dropFirst().flatMap({ $0.entries() }) {
            guard entry.signature != nil, let text = ApprovalText(bytes: entry.bytes),
                digests.contains(text.planDigest)
            else { continue }
            try? own.keep(entry)
        }
    }

    private func objection(to text: ApprovalText, step: String?, mustType: String?, at now: Timestamp) -> String? {
        if let run = text.runID, run != runID { return "is for another run (\(run))" }
        // What was said of one batch, or of one of two tasks of one name, is not said of the other.
        if text.runID != nil, text.step != step { return "is for another question of that name" }
        if now >= text.expires { return "has expired at \(text.expires)" }
        if text.made > now + Self.skew { return "was signed in the future, at \(text.made)" }
        if text.isGranted, let mustType, text.typed != mustType { return "lacks the name that has to be typed" }
        return nil
    }
}
