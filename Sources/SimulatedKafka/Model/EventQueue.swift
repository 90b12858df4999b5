/// What the model will do by itself at a time. Events of one time come in the order in which they were added.
enum ModelEvent: Sendable {
    /// The controller role of a starting process is up.
    case controllerUp(Int32, incarnation: Int)
    /// A starting broker is ready to register.
    case brokerReady(Int32, incarnation: Int)
    case startFails(Int32, incarnation: Int)
    /// A controlled shutdown's process ends.
    case processEnds(Int32, incarnation: Int)
    case sessionExpires(Int32, session: Int)
    /// Voters choose a leader, if there is none since this epoch.
    case elect(epoch: Int32)
    /// A leader that a majority no longer follows gives up.
    case checkQuorum(epoch: Int32)
    /// A replica of a broker has caught up, or its copying should be looked at.
    case recovery(Int32, generation: Int)
    case rebalanceLeaders
    case fault(ScriptedFault)
    case resume(Int32, generation: Int)
    case endRefusal(Int32, generation: Int)
    /// A request has waited as long as it may.
    case askAgain
    /// A member of a group has not been heard, unless it has.
    case memberExpires(group: String, member: String)
    /// A group has waited for its members, or for their leader, long enough.
    case joinDeadline(group: String, rebalance: Int)
    /// A transaction has been open as long as it may.
    case transactionExpires(String, serial: Int)
    case dropHeldView(Int32, incarnation: Int)
}

/// Events ordered by time: a binary heap.
struct EventQueue: Sendable {
    private struct Item: Sendable {
        let at: Duration
        let sequence: UInt64
        let event: ModelEvent

        func comes(before other: Item) -> Bool { (at, sequence) < (other.at, other.sequence) }
    }

    private var heap: [Item] = []
    private var lastSequence: UInt64 = 0

    var next: Duration? { heap.first?.at }

    mutating func add(_ event: ModelEvent, at time: Duration) {
        lastSequence &+= 1
        heap.append(Item(at: time, sequence: lastSequence, event: event))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].comes(before: heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// The first event that is due by `time`.
    mutating func pop(dueBy time: Duration) -> (at: Duration, event: ModelEvent)? {
        guard let first = heap.first, first.at <= time else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].comes(before: heap[smallest]) { smallest = child }
            if smallest == parent { break }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
        return (first.at, first.event)
    }
}
