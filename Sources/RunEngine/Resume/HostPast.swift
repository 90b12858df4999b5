import Values

/// What one host has done in one play before the run was resumed, taken over step by step: the host walks through its list
/// once more, and wherever an outcome stands it is the answer, in the place of the effect.
///
/// Everything is asked for in the order in which it happened. Once a host has come to what has no answer, it acts, and
/// nothing of its past is asked for any more.
struct HostPast: Sendable {
    private var places: [String: Place] = [:]
    /// Passages that are not taken over yet, by the key of their task.
    private var ahead: [String: Int] = [:]
    /// The last place in the host's list that an outcome stands for.
    private var lastPath: TaskPath?
    private var loops: [String: [LoopOpened]] = [:]
    private var confirmations: Set<String> = []
    private var approvals: [String: ApprovalPast] = [:]
    private var sections: [String: Int] = [:]
    private var findings: [Finding: Int] = [:]
    private var failures = 0
    /// The host has come to what has no answer.
    private(set) var isOver = true

    // MARK: Taking over

    /// The next outcome that stands for the key; nil: there is none, and it has to be done.
    mutating func take(_ key: String) -> Passage? {
        guard !isOver, let passage = places[key]?.next, passage.isSettled else { return nil }
        note(key)
        return passage
    }

    /// A step that was begun and has no outcome that stands; with it the host's past is over.
    mutating func takeOpen(_ key: String) -> StepPast? {
        guard !isOver, case .step(let step)? = places[key]?.next, !step.isSettled else { return nil }
        note(key)
        isOver = true
        return step
    }

    /// The host acts from here on.
    mutating func end() { isOver = true }

    func next(_ key: String) -> Passage? {
        isOver ? nil : places[key]?.next
    }

    /// There is a next one.
    func hasNext(_ key: String) -> Bool { !isOver && places[key]?.hasNext == true }

    /// An outcome stands for this place or for a later one, so the host may not hold here: it had come further.
    func isAhead(_ path: TaskPath, key: String) -> Bool {
        guard !isOver, let lastPath else { return false }
        return path < lastPath || ahead[key, default: 0] > 0
    }

    mutating func takeLoop(_ key: String) -> LoopOpened? {
        guard !isOver, let first = loops[key]?.first else { return nil }
        loops[key]?.removeFirst()
        return first
    }

    /// True when it is known already: then it is not to be said once more. `rescue` and `undo` close in the order in which
    /// they opened, and have names.
    mutating func takeSection(_ name: String) -> Bool { Self.take(name, from: &sections) }
    mutating func takeFinding(_ finding: Finding) -> Bool { Self.take(finding, from: &findings) }

    mutating func takeFailure() -> Bool {
        guard failures > 0 else { return false }
        failures -= 1
        return true
    }

    /// A person has confirmed the step.
    mutating func takeConfirmation(_ key: String) -> Bool { confirmations.remove(key) != nil }
    /// Who was asked and said yes before the run ended.
    func approval(of key: String) -> ApprovalPast { approvals[key] ?? ApprovalPast() }

    private static func take<Name: Hashable>(_ name: Name, from counts: inout [Name: Int]) -> Bool {
        guard let count = counts[name], count > 0 else { return false }
        counts[name] = count - 1
        return true
    }

    private mutating func note(_ key: String) {
        places[key]?.taken += 1
        ahead[StepKey.task(of: key), default: 0] -= 1
    }

    // MARK: Folding

    static func sectionName(_ section: StepSection, _ name: String, isClosed: Bool) -> String {
        "\(isClosed ? "closed" : "opened") \(section.rawValue) \(name)"
    }

    /// Folds one event of the host.
    mutating func apply(_ body: RunEvent.Body, key: StepKey?, at time: Timestamp) {
        isOver = false
        switch body {
        case .taskStarted(let task):
            update(key, task.key, begins: true) { step in
                step.started = task
                step.intents += 1
                step.isOpen = true
                step.end = nil
                step.resolution = nil
            }
        case .taskRetried(let retry):
            update(key, retry.key) { step in
                step.isOpen = false
                // The next attempt begins with the node up: what the last one did to it is over.
                if step.records.last?.kind == "started" { step.records = [] }
            }
        case .stepRecorded(let record):
            update(key, record.key) {
                $0.records.append(StepRecord(kind: record.kind, fields: record.values))
            }
        case .taskFinished(let task):
            update(key, task.key, begins: true) { step in
                step.end = task
                step.endedAt = time
                if task.status != .unknown { step.isOpen = false }
            }
        case .stepResolved(let resolved): update(key, resolved.key) { $0.resolution = resolved }
        case .gateFinished(let gate):
            places[gate.key, default: Place()].passages.append(.gate(gate, at: time))
            count(1, key)
        case .loopOpened(let loop): loops[loop.key, default: []].append(loop)
        case .approvalDecided(let decision) where decision.decision == .granted:
            if decision.kind == .confirmation {
                confirmations.insert(decision.key)
            } else {
                approvals[decision.key, default: ApprovalPast()].grants.append(decision)
            }
        case .approvalRequested(let request):
            var past = approvals[request.key] ?? ApprovalPast()
            if past.askedAt == nil { (past.askedAt, past.expires) = (time, request.expires) }
            approvals[request.key] = past
        case .sectionOpened(let section):
            sections[Self.sectionName(section.section, section.name, isClosed: false), default: 0] += 1
        case .sectionClosed(let section):
            sections[Self.sectionName(section.section, section.name, isClosed: true), default: 0] += 1
        case .finding(let finding): findings[finding, default: 0] += 1
        case .hostFailed: failures += 1
        default: break
        }
    }

    /// The last passage of the key while it is not settled; else, where this begins one, a new one.
    private mutating func update(
        _ place: StepKey?, _ key: String, begins: Bool = false, _ change: (inout StepPast) -> Void
    ) {
        let more =
            begins ? places[key, default: Place()].update(begins: true, change) : places[key]?.update(change)
        count(more ?? 0, place)
    }

    /// So many passages more, or fewer, are ahead.
    private mutating func count(_ more: Int, _ place: StepKey?) {
        guard more != 0, let place else { return }
        ahead[place.task, default: 0] += more
        if more > 0, !place.path.isUndo { lastPath = lastPath.map { max($0, place.path) } ?? place.path }
    }
}

extension HostPast {
    /// How often the host came to one place in its list, in order.
    private struct Place: Sendable {
        var passages: [Passage] = []
        /// How many of them have been taken over.
        var taken = 0
        /// The last one is open, and counts as one that is ahead.
        private var isCountedOpen = false

        var hasNext: Bool { taken < passages.count }
        var next: Passage? { hasNext ? passages[taken] : nil }

        /// Changes the last passage while it is not settled; else, where this begins one, a new one. Answers with how many more
        /// are ahead: what was begun and never ended is gone on to, whatever holds the others, when it may have acted; a read is
        /// not.
        mutating func update(begins: Bool = false, _ change: (inout StepPast) -> Void) -> Int {
            var step = StepPast()
            if case .step(let last)? = passages.last, !last.isSettled {
                step = last
                passages.removeLast()
            } else if !begins {
                return 0
            }
            change(&step)
            passages.append(.step(step))
            let wasCounted = isCountedOpen
            isCountedOpen = !step.isSettled && step.isDoubtful
            return (step.isSettled || isCountedOpen ? 1 : 0) - (wasCounted ? 1 : 0)
        }
    }
}

/// What is known of an approval that a run waited for.
struct ApprovalPast: Sendable {
    /// When it was asked for first, and until when.
    var askedAt: Timestamp?
    var expires: Timestamp?
    var grants: [ApprovalDecided] = []
}

/// The parts of a step's key: play/path/host and, in a loop, the round.
struct StepKey: Sendable, Hashable {
    var play: Int
    var path: TaskPath
    var host: String
    /// The key without the round.
    var task: String

    init?(_ key: String) {
        let parts = key.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count >= 3, let play = Int(Substring(parts[0])), let path = TaskPath(text: parts[1]) else {
            return nil
        }
        self.play = play
        self.path = path
        host = String(Substring(parts[2]))
        task = Self.task(of: key)
    }

    /// Up to the third slash.
    static func task(of key: String) -> String {
        var slashes = 0
        let end = key.utf8.firstIndex { byte in
            if byte == UInt8(ascii: "/") { slashes += 1 }
            return slashes == 3
        }
        return end.map { String(key[..<$0]) } ?? key
    }
}
