package import Values

/// Something that a run has changed for its own time: a throttle, a setting with `temporary: true`, moves in flight.
///
/// A step says it before it does it (`StepContext.borrow`), with the action that puts it back. That action compares before it
/// writes: what somebody else has changed since is left alone. So putting back may be repeated, and the newest change is put
/// back first.
package struct TemporaryChange: Sendable, Hashable {
    package enum Standing: String, Sendable {
        /// As the run has set it, as far as anybody knows.
        case held
        /// Put back because the process ended; a resume sets it again.
        case setAside
        /// Put back, or left to who has changed it since.
        case over
    }

    /// Place of its record in the journal.
    package var number: Int
    /// Of the step that made it.
    package var key: String
    package var host: String
    /// As the inventory calls it; empty: of no cluster.
    package var cluster: String
    package var clusterID: String
    /// As a person says it: `leader.replication.throttled.rate=1048576 on broker 1`.
    package var what: String
    /// The action that puts it back, and with `again: true` sets it again.
    package var action: String
    package var arguments: ValueMap
    /// A resume sets it again where it was put back in between; else whoever needs it makes it anew.
    package var isRepeatable: Bool
    /// What it changes, as its action names it; empty: nobody else's business.
    package var places: Set<String>
    package var standing = Standing.held
    /// Putting it back was begun and nobody knows how it ended: it may be set, and it may not.
    package var isUnsure = false

    /// Kind of the record of a step that says so.
    static let kind = "temporary"

    /// What the record of a step says; nil for another record, and for one that cannot be read.
    init?(_ record: StepRecorded, number: Int) {
        guard record.kind == Self.kind, let action = record.values["action"]?.stringValue else { return nil }
        self.number = number
        key = record.key
        host = record.host
        cluster = record.values["cluster"]?.stringValue ?? ""
        clusterID = record.values["cluster_id"]?.stringValue ?? ""
        what = record.values["what"]?.stringValue ?? action
        self.action = action
        arguments = record.values["arguments"]?.mapValue ?? [:]
        isRepeatable = record.values["repeats"]?.boolValue ?? false
        places = Set(record.values["places"]?.listValue?.compactMap(\.stringValue) ?? [])
    }
}

/// All of a run, in the order in which they were made; part of `RunState`.
package struct TemporaryChanges: Sendable {
    package private(set) var all: [TemporaryChange] = []
    private var places: [Int: Int] = [:]

    package init() {}

    /// Those that stand, as far as anybody knows.
    package var held: [TemporaryChange] { all.filter { $0.standing == .held } }

    /// Of a step, what is not known to be set.
    func setAside(by key: String) -> [TemporaryChange] {
        all.filter { change in
            change.key == key
                && (change.standing == .setAside
                    || change.standing == .held && change.isUnsure && change.isRepeatable)
        }
    }

    /// From here on it may be either way, until its end is known: what may be set again counts as held, what may be put back
    /// as unsure.
    mutating func note(_ started: RestoreStarted) {
        guard let place = places[started.change] else { return }
        if started.isAgain == true { all[place].standing = .held }
        // What is put back for good is not set again, however that ended.
        all[place].isUnsure = started.isAgain == true || started.isForExit == true
    }

    mutating func note(_ record: StepRecorded, number: Int) {
        guard let change = TemporaryChange(record, number: number) else { return }
        places[number] = all.count
        all.append(change)
    }

    mutating func note(_ finished: RestoreFinished) {
        guard let place = places[finished.change] else { return }
        if finished.result != .failed { all[place].isUnsure = false }
        if finished.isAgain == true {
            if finished.result == .restored || finished.result == .unneeded { all[place].standing = .held }
        } else if finished.result != .failed {
            let isOver = finished.isForExit != true || finished.result == .taken
            all[place].standing = isOver ? .over : .setAside
        }
    }
}
