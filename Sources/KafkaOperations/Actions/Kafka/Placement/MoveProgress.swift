import KafkaAdmin
import RunEngine
import Values

/// Which moves of a reassignment are open, in flight, done or lost; a pure bookkeeping over looks.
struct MoveProgress {
    private struct Flight {
        var move: ReassignmentPlan.Move
        /// Brokers that give or take.
        var brokers: Set<Int32>
        /// Since when it is neither on its way nor there.
        var lostSince: Duration?
    }

    let count: Int
    let topics: Set<String>
    private let limit: Int
    private var open: [ReassignmentPlan.Move]
    private var flying: [TopicPartition: Flight] = [:]
    private var now: Placement
    private(set) var done: [TopicPartition] = []
    private(set) var items: WriteItems

    var isOver: Bool { open.isEmpty && flying.isEmpty }

    /// `joined`: those that are on their way already.
    init(
        open: [ReassignmentPlan.Move], joined: [ReassignmentPlan.Move], now: Placement, limit: Int, at time: Duration
    ) {
        count = open.count + joined.count
        topics = Set((open + joined).map(\.partition.topic))
        self.open = open
        self.now = now
        self.limit = limit
        items = WriteItems((open + joined).map { "\($0.partition)" })
        for move in joined { flying[move.partition] = Flight(move: move, brokers: brokers(of: move)) }
    }

    private func brokers(of move: ReassignmentPlan.Move) -> Set<Int32> {
        let here = now.settled(move.partition) ?? []
        let added = move.replicas.filter { !here.contains($0) }
        guard !added.isEmpty else { return [] }
        return Set(added + [now.partitions[move.partition]?.leader ?? -1])
    }

    /// Those that may begin now: no broker gives or takes more than `limit` at once.
    mutating func next() -> [ReassignmentPlan.Move] {
        var load: [Int32: Int] = [:]
        for flight in flying.values { for broker in flight.brokers { load[broker, default: 0] += 1 } }
        var round: [ReassignmentPlan.Move] = []
        var rest: [ReassignmentPlan.Move] = []
        for move in open {
            let brokers = brokers(of: move)
            if brokers.contains(where: { load[$0, default: 0] >= limit }) {
                rest.append(move)
            } else {
                for broker in brokers { load[broker, default: 0] += 1 }
                round.append(move)
            }
        }
        open = rest
        for move in round { flying[move.partition] = Flight(move: move, brokers: brokers(of: move)) }
        return round
    }

    /// What Kafka answered to those that were to begin. Nobody knowing is seen by looking.
    mutating func begin(_ answers: [ItemResult<TopicPartition, Void>], at time: Duration) {
        for answer in answers {
            guard case .failure(let error) = answer.result, error.code != .unknownOutcome else { continue }
            flying[answer.item] = nil
            items.fail("\(answer.item)", error.message)
        }
    }

    /// Nothing of the round was sent: it is tried again.
    mutating func takeBack(_ round: [ReassignmentPlan.Move]) {
        for move in round { flying[move.partition] = nil }
        open = round + open
    }

    /// The round was refused as a whole: nothing of it is sent again, and nothing that is open is asked for any more.
    mutating func giveUp(_ round: [ReassignmentPlan.Move], _ reason: String) {
        for move in round {
            flying[move.partition] = nil
            items.fail("\(move.partition)", reason)
        }
        for move in open {
            items.fail("\(move.partition)", "not asked for, because the round before was refused")
        }
        open = []
    }

    /// Something of it is done, or on its way.
    var hasBegun: Bool { !done.isEmpty || !flying.isEmpty }

    /// Those that were sent and are not done, and those that were not sent.
    var lines: [String] {
        BoundedList.lines(flying.keys.sorted().map { "\($0): sent, it may be moving" })
            + BoundedList.lines(open.map(\.partition).sorted().map { "\($0): not sent" })
    }

    /// What a look says of those in flight. One that is neither there nor on its way was called off by somebody, unless
    /// the brokers have not heard of it yet.
    mutating func see(_ placement: Placement, at time: Duration) {
        now = placement
        for (partition, flight) in flying {
            if placement.isDone(flight.move) {
                flying[partition] = nil
                done.append(partition)
                items.change("\(partition)")
                continue
            }
            if let moving = placement.moving[partition] {
                guard moving.goal != flight.move.replicas else {
                    flying[partition]?.lostSince = nil
                    continue
                }
                lose(partition, "somebody else moves it to \(BrokerList.text(moving.goal))", flight, time)
            } else if let settled = placement.partitions[partition] {
                guard settled.replicas != flight.move.replicas else {
                    flying[partition]?.lostSince = nil
                    continue
                }
                lose(partition, "it is on \(BrokerList.text(settled.replicas)), and nothing moves it", flight, time)
            } else {
                lose(partition, "it is gone", flight, time)
            }
        }
    }

    private mutating func lose(_ partition: TopicPartition, _ reason: String, _ flight: Flight, _ time: Duration) {
        let since = flight.lostSince ?? time
        flying[partition]?.lostSince = since
        guard time - since >= ReadBack.settled else { return }
        flying[partition] = nil
        items.fail("\(partition)", reason)
    }

    var text: String {
        let names = BoundedList.text(flying.keys.sorted().map { "\($0)" }, limit: 3)
        return "\(done.count) of \(count) moved" + (flying.isEmpty ? "" : "; moving \(names)")
    }

    var openLines: [String] {
        BoundedList.lines((open.map(\.partition) + flying.keys).sorted().map { "\($0)" })
    }
}
