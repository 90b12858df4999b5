import Playbooks
import Values

/// Who has approved one question so far, and what did not count and why. A pure value: files are read and signatures checked
/// before they come here.
struct ApprovalCount: Sendable {
    /// A yes or a no of somebody, wherever it comes from.
    struct Voice: Sendable, Hashable {
        var by: String
        /// `terminal`, `signed file`.
        var method: String
        var key: String?
        var reason: String?
        /// Of a text that was signed: its digest, and how long it counts.
        var text: String?
        var expires: Timestamp?
    }

    /// Users that may answer; nil: anyone.
    let approvers: [String]?
    let minimum: Int
    /// Names of who started the run, where four eyes are wanted: none of them counts.
    let initiators: Set<String>

    private(set) var granted: [Voice] = []
    private(set) var denied: Voice?
    /// In sentences, each once.
    private(set) var uncounted: [String] = []

    init(_ approval: Approval, approvers: [String]?, initiators: Set<String>) {
        self.approvers = approvers
        minimum = max(1, approval.minimum)
        self.initiators = approval.fourEyes ? initiators : []
    }

    var isComplete: Bool { denied == nil && granted.count >= minimum }
    /// How many are still wanted.
    var missing: Int { max(0, minimum - granted.count) }

    /// Why a yes or no of this person does not count; nil: it does.
    ///
    /// A name counts as it is written: one that differs from an approver's in case alone is not that approver, and is not a
    /// second person beside who started the run, or has approved already, either.
    func objection(to name: String) -> String? {
        if let approvers, let objection = ApproverNames.objection(to: name, among: approvers) { return objection }
        if initiators.contains(name) { return "\(name) started the run, and four eyes are wanted" }
        if let other = ApproverNames.nearMiss(of: name, in: initiators.sorted()) {
            return "\(name) differs in case alone from \(other), who started the run, and four eyes are wanted"
        }
        return nil
    }

    /// Nil: it counts, or counted already.
    @discardableResult
    mutating func grant(_ voice: Voice) -> Bool {
        if let objection = objection(to: voice.by) {
            note(objection)
            return false
        }
        guard !granted.contains(where: { $0.by == voice.by }) else { return false }
        if let other = ApproverNames.nearMiss(of: voice.by, in: granted.map(\.by)) {
            note("the yes of \(voice.by) counts for nobody else than that of \(other), who has approved already")
            return false
        }
        // One key may have several names.
        if let key = voice.key, let other = granted.first(where: { $0.key == key }) {
            note("the yes of \(voice.by) is signed with the key of \(other.by), who has approved already")
            return false
        }
        granted.append(voice)
        return true
    }

    mutating func deny(_ voice: Voice) {
        if let objection = objection(to: voice.by) { return note("a no by \(voice.by): \(objection)") }
        if denied == nil { denied = voice }
    }

    mutating func note(_ sentence: String) {
        if !uncounted.contains(sentence) { uncounted.append(sentence) }
    }

    /// Who can still say yes with a signed file, by name; `others`: more whose names the file of signers does not write out.
    func possibleSigners(_ signers: AllowedSigners?) -> (names: [String], others: Bool) {
        guard let signers, !signers.isEmpty else { return ([], false) }
        let names = approvers.map { $0.filter(signers.knows) } ?? signers.names
        var seen: [String] = []
        for name in names
        where objection(to: name) == nil && !granted.contains(where: { $0.by == name }) && !seen.contains(name) {
            seen.append(name)
        }
        return (seen, approvers == nil && signers.hasPatterns)
    }

    /// Why it can not be met any more where the run stands, with who may sign and, where somebody sits at a terminal, that
    /// user; nil: it can.
    func impossibility(_ signers: AllowedSigners?, terminal: String?) -> String? {
        let (names, others) = possibleSigners(signers)
        var able = Set(names)
        if let terminal, objection(to: terminal) == nil, !granted.contains(where: { $0.by == terminal }) {
            able.insert(terminal)
        }
        guard able.count < missing, !others else { return nil }
        if !initiators.isEmpty, able.isEmpty {
            return signers == nil
                ? "four eyes cannot be met at one terminal: who starts the run cannot approve it"
                : "four eyes cannot be met: who starts the run cannot approve it, and no other approver may sign"
        }
        if missing > 1 {
            return signers == nil
                ? "\(missing) approvals cannot be met at one terminal"
                : "\(missing) approvals cannot be met: only \(able.count) of the approvers can give one"
        }
        guard let terminal else {
            return signers == nil
                ? "nobody can approve here: there is no terminal"
                : "nobody can approve here: there is no terminal, and none of the approvers may sign"
                    + nearMisses(signers)
        }
        guard let approvers else { return "nobody can approve here" }
        let near = ApproverNames.nearMiss(of: terminal, in: approvers).map { ": \(ApproverNames.says($0))" } ?? ""
        return "\(terminal) is not among the approvers (\(approvers.joined(separator: ", ")))\(near)"
    }

    /// Where the file of signers writes an approver's name with other capitals.
    private func nearMisses(_ signers: AllowedSigners?) -> String {
        let pairs = (approvers ?? []).compactMap { name in
            ApproverNames.nearMiss(of: name, in: signers?.names ?? []).map { "\($0) is no \(name)" }
        }
        return pairs.isEmpty ? "" : " (names count as they are written: \(pairs.joined(separator: ", ")))"
    }
}

extension ApprovalCount.Voice {
    /// A yes as the journal has it.
    init(_ decided: ApprovalDecided) {
        self.init(
            by: decided.by, method: decided.method, key: decided.keyFingerprint, text: decided.text,
            expires: decided.expires)
    }
}
