/// Deadlines of one event loop: a binary heap with cheap cancellation.
///
/// Cancelling forgets the action and leaves the heap entry; dead entries are swept out once they outnumber the live
/// ones. Not thread-safe: the loop's thread only.
struct TimerQueue {
    private struct Entry {
        let due: Duration
        let id: UInt64
    }

    /// Below this size dead entries are not worth a sweep.
    private static let sweepFloor = 64

    private var heap: [Entry] = []
    private var actions: [UInt64: @Sendable () -> Void] = [:]

    mutating func add(_ id: UInt64, due: Duration, action: @escaping @Sendable () -> Void) {
        actions[id] = action
        heap.append(Entry(due: due, id: id))
        siftUp(heap.count - 1)
    }

    /// Gives the action back, so that what it holds is released when this access is over: that may cancel timers, too.
    mutating func cancel(_ id: UInt64) -> (@Sendable () -> Void)? {
        let action = actions.removeValue(forKey: id)
        if heap.count > Self.sweepFloor, heap.count > actions.count * 2 {
            heap.removeAll { actions[$0.id] == nil }
            heap.sort { Self.precedes($0, $1) }
        }
        return action
    }

    /// The earliest deadline of a timer that still stands.
    mutating func nextDue() -> Duration? {
        while let first = heap.first, actions[first.id] == nil { removeFirst() }
        return heap.first?.due
    }

    /// Takes out one action that is due. The caller runs it after this access has ended: an action may cancel timers.
    mutating func popDue(_ now: Duration) -> (@Sendable () -> Void)? {
        guard let due = nextDue(), due <= now, let first = heap.first else { return nil }
        removeFirst()
        return actions.removeValue(forKey: first.id)
    }

    /// Equal deadlines fire in the order in which they were set.
    private static func precedes(_ left: Entry, _ right: Entry) -> Bool {
        left.due != right.due ? left.due < right.due : left.id < right.id
    }

    private mutating func removeFirst() {
        guard let last = heap.popLast(), !heap.isEmpty else { return }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if Self.precedes(heap[child], heap[least]) { least = child }
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    private mutating func siftUp(_ index: Int) {
        var child = index
        while child > 0 {
            let parent = (child - 1) / 2
            guard Self.precedes(heap[child], heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }
}
