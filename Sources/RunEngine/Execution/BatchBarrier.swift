import Playbooks
import Values

/// A task's place in its play, in the order in which tasks run: indices into lists, with the section between them.
struct TaskPath: Sendable, Hashable, Comparable {
    /// Pairs of section (0 tasks, 1 rescue, 2 always, 3 undo, 4 verify) and index.
    private(set) var steps: [Int] = []

    func child(_ section: StepSection, _ index: Int) -> TaskPath {
        var path = self
        path.steps.append(Self.number(section))
        path.steps.append(index)
        return path
    }

    private static func number(_ section: StepSection) -> Int {
        switch section {
        case .tasks: 0
        case .rescue: 1
        case .always: 2
        case .undo: 3
        case .verify: 4
        }
    }

    /// What `text` wrote; nil for anything else.
    init?(text: Substring.UTF8View) {
        for part in text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            let section = part.first.map(Self.number(ofLetter:)) ?? 0
            guard let index = Int(Substring(section == 0 ? part : part.dropFirst())) else { return nil }
            steps.append(section)
            steps.append(index)
        }
    }

    private static func number(ofLetter letter: UInt8) -> Int {
        switch letter {
        case UInt8(ascii: "r"): 1
        case UInt8(ascii: "a"): 2
        case UInt8(ascii: "u"): 3
        case UInt8(ascii: "v"): 4
        default: 0
        }
    }

    init() {}

    private func passes(through section: StepSection) -> Bool {
        stride(from: 0, to: steps.count, by: 2).contains { steps[$0] == Self.number(section) }
    }

    /// It asks about a step: asked anew whenever it is come to.
    var isVerify: Bool { passes(through: .verify) }
    var isUndo: Bool { passes(through: .undo) }

    static func < (left: TaskPath, right: TaskPath) -> Bool { left.steps.lexicographicallyPrecedes(right.steps) }

    private static let letters = ["", "r", "a", "u", "v"]

    /// `1.0.2`; `1.r0` in a rescue, `a` always, `u` undo, `v` verify.
    var text: String {
        var text = ""
        for place in stride(from: 0, to: steps.count - 1, by: 2) {
            if place > 0 { text += "." }
            text += Self.letters[steps[place]]
            text += String(steps[place + 1])
        }
        return text
    }
}

/// Brings the hosts of a batch together at `run_once` tasks: one host runs the task when all others have come to it or are
/// past it, and all go on with its outcome.
actor BatchBarrier {
    enum Role {
        case lead
        case follow(Outcome)
    }

    /// What the others take over.
    enum Outcome: Sendable {
        /// `hasWaited`: a person was waited for so long that earlier looks are stale.
        case passed(SharedResult?, hasWaited: Bool)
        /// It failed or was not run: the others hold.
        case held
    }

    private let order: [String]
    /// Who led at a task before the run was resumed.
    private let formerLeader: @Sendable (TaskPath) -> String?
    private var live: Set<String>
    private var positions: [String: TaskPath] = [:]
    private var waiting: [String: (path: TaskPath, waiter: CheckedContinuation<Role, Never>)] = [:]

    init(hosts: [String], formerLeader: @escaping @Sendable (TaskPath) -> String? = { _ in nil }) {
        order = hosts
        self.formerLeader = formerLeader
        live = Set(hosts)
    }

    /// The host has come to this task.
    func advance(_ host: String, to path: TaskPath) {
        positions[host] = path
        settle()
    }

    /// Waits for the others; exactly one host leads, and must call `complete`.
    func arrive(_ host: String, at path: TaskPath) async -> Role {
        positions[host] = path
        return await withCheckedContinuation { waiter in
            waiting[host] = (path, waiter)
            settle()
        }
    }

    /// The leader is done: those who wait at the same task go on.
    func complete(_ path: TaskPath, _ outcome: Outcome) {
        for (host, entry) in waiting where entry.path == path {
            waiting[host] = nil
            entry.waiter.resume(returning: .follow(outcome))
        }
        leading.remove(path)
        settle()
    }

    /// The host takes no further part.
    func leave(_ host: String) {
        live.remove(host)
        settle()
    }

    private var leading: Set<TaskPath> = []

    private func settle() {
        for host in order {
            guard let entry = waiting[host], !leading.contains(entry.path) else { continue }
            let isReady = live.allSatisfy { other in
                if let theirs = waiting[other]?.path { return theirs >= entry.path }
                return (positions[other].map { $0 > entry.path }) ?? false
            }
            guard isReady else { continue }
            // Whoever led before leads again: what it did stands under its name.
            if let former = formerLeader(entry.path), former != host, waiting[former]?.path == entry.path { continue }
            leading.insert(entry.path)
            waiting[host] = nil
            entry.waiter.resume(returning: .lead)
        }
    }
}

/// Lets at most so many hosts work at once.
actor Forks {
    private var free: Int
    private var waiters: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) { free = max(1, count) }

    func take() async {
        await withCheckedContinuation { waiter in
            guard free > 0 else { return waiters.append(waiter) }
            free -= 1
            waiter.resume()
        }
    }

    func give() {
        if waiters.isEmpty { free += 1 } else { waiters.removeFirst().resume() }
    }
}
