import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Moves replicas to where a reassignment wants them, and waits until they are there.
///
/// 1. What is to be moved: what is there already is left alone, what moves there already is waited for. A partition that
/// somebody moves elsewhere refuses the step. 2. The throttle, as a loan: what was there before is in the journal first. 3. The
/// moves, a few per broker at once; that they may be in flight is in the journal first, too. 4. Looks until each one's
/// replicas are the wanted ones and in sync. 5. The throttle is given back; only then is the step done. While another host of the
/// run counts on the same throttle, it stays until that one ends.
///
/// A signal, the end of its time, and the end of the run with the step unfinished call its own moves off (data that was there
/// is untouched) and give the throttle back, in this order. What a killed runner left is gone on with by `resume`, and put
/// back by `cancel`.
struct ExecuteReassignment: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.execute_reassignment",
        summary: "Move replicas to where a reassignment wants them, and wait until they are in sync",
        details: """
            Takes the file that Kafka's own tool takes. With `throttle`, rates and replica lists are set before and put back to what they \
            were afterwards, whatever ends the run. A signal calls the moves off that this step has begun; `resume` begins them anew. It \
            never touches what another one moves: a partition that moves elsewhere refuses the step, unless `replace_moves`. \
            `timeout` is the time for all of it.
            """,
        parameters: ReassignmentSource.parameters + [
            .optional("throttle", .bytes, "A second, for each broker and each side; without it as fast as it goes"),
            .init("moves_per_broker", .int, default: 5, "So many partitions at once that a broker gives or takes"),
            .init("replace_moves", .bool, default: false, "Also partitions that somebody moves elsewhere right now"),
        ],
        result: .write(
            .init("moved_bytes", .bytes, "What was copied, as the brokers told at the beginning"),
            .init("throttles_restored", .bool, "The throttle was put back; true without one"),
            .init("left", .list(.string), "What could not be put back yet: the end of the run tries once more"), .items),
        effect: .idempotent, target: .cluster,
        example: """
            - kafka.execute_reassignment: {file: move.json, throttle: 50MiB}
              timeout: 6h
            """)

    /// Moves that a plan names one by one.
    static let shownMoves = 100
    static let interval: Duration = .seconds(1)
    /// So long may the cluster not answer before the step gives up on it.
    static let patience: Duration = .seconds(120)
    /// Kept of `timeout` for calling off what is unfinished.
    static let closingTime: Duration = .seconds(30)

    private let source: ReassignmentSource
    private let throttle: Int64?
    private let movesPerBroker: Int
    private let replacesMoves: Bool
    private let turns: ClusterTurns

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        turns = services.turns
        source = try ReassignmentSource(arguments)
        throttle = try SetThrottle.rate("throttle", arguments)
        movesPerBroker = Int(clamping: try arguments.intIfAny("moves_per_broker") ?? 5)
        guard movesPerBroker > 0 else {
            throw arguments.failure("`moves_per_broker` is 1 or more", at: "moves_per_broker")
        }
        replacesMoves = try arguments.flag("replace_moves")
    }

    /// What is left to do of a reassignment.
    private struct Work: Sendable {
        var moves: [ReassignmentPlan.Move]
        /// Those that are on their way already.
        var joined: [ReassignmentPlan.Move]
        var now: Placement
    }

    private func look(_ reader: any ClusterReader, _ context: ReadContext) async throws(StepFailure) -> Work {
        let plan = try source.plan(context)
        let now = try await Placement(Set(plan.moves.map(\.partition.topic)), reader)
        if let missing = plan.moves.first(where: { now.partitions[$0.partition] == nil }) {
            throw StepFailure(.failed, "there is no partition \(missing.partition)")
        }
        let brokers = try await kafka("the brokers cannot be listed") { () throws(KafkaError) in
            try await reader.describeCluster(includeFenced: true, from: .any).brokers
        }
        let known = Set(brokers.filter { $0.isFenced != true }.map(\.id))
        let absent = Set(plan.moves.flatMap(\.replicas)).subtracting(known).sorted()
        guard absent.isEmpty else {
            throw StepFailure(
                .refused, "broker \(BoundedList.text(absent.map(String.init))) is not there, or is fenced",
                nextAction: "start it, or choose another")
        }
        let foreign = plan.moves.filter { move in now.moving[move.partition].map { $0.goal != move.replicas } ?? false }
        if let first = foreign.first, !replacesMoves {
            throw StepFailure(
                .refused,
                "\(first.partition) is being moved to \(BrokerList.text(now.moving[first.partition]?.goal ?? [])) by somebody else",
                nextAction: "wait for it, call it off with kafka.cancel_reassignments, or say `replace_moves: true`",
                details: BoundedList.lines(foreign.map { "\($0.partition)" }))
        }
        return Work(
            moves: plan.moves.filter { move in
                !now.isDone(move) && now.moving[move.partition]?.goal != move.replicas
                    && (now.moving[move.partition] != nil || now.partitions[move.partition]?.replicas != move.replicas)
            },
            joined: plan.moves.filter { move in
                !now.isDone(move)
                    && (now.moving[move.partition].map { $0.goal == move.replicas }
                        ?? (now.partitions[move.partition]?.replicas == move.replicas))
            }, now: now)
    }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        try await ActionPlan.orRefusal { () throws(StepFailure) in
            let reader = try context.requireCluster(for: Self.reference.name)
            let work = try await look(reader, context)
            guard !work.moves.isEmpty || !work.joined.isEmpty else { return ActionPlan(changesNothing: true) }
            let size = await MovePrediction(work.moves, work.now, reader)
            let lines = work.moves.map { move in
                let bytes = size.bytes[move.partition].map { ", \(MovePrediction.text($0))" } ?? ""
                return "\(move.partition): \(BrokerList.text(work.now.settled(move.partition) ?? [])) → "
                    + "\(BrokerList.text(move.replicas))\(bytes)"
            }
            var notes = ["it copies \(MovePrediction.text(size.total)) for \(work.moves.count) partitions"]
            if size.bytes.count < work.moves.count {
                notes.append("the size of \(work.moves.count - size.bytes.count) partitions is not known")
            }
            if let throttle {
                let seconds = size.largest / throttle
                notes.append(
                    "at \(MovePrediction.text(throttle)) a second it takes \(Duration.seconds(seconds).text) at the least; "
                        + "then throttles are as before")
            }
            if !work.joined.isEmpty { notes.append("\(work.joined.count) partitions are on their way already") }
            return ActionPlan(changes: BoundedList.lines(lines, limit: Self.shownMoves), notes: notes)
        }
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let writer = try context.requireOperator(for: Self.reference.name)
        let cluster = context.reading.clusterID ?? ""
        let work = try await look(reader, context.reading)
        let size = await MovePrediction(work.moves, work.now, reader)
        if let throttle, !work.moves.isEmpty {
            // Another host may run the same: what it has set counts as set, and not as what was there before.
            try await turns.take(cluster) {
                let wishes = try await wishes(throttle, work, reader)
                _ = try await ConfigWrite.set(
                    wishes, in: context, reader, writer, isLoan: true, repeats: false, countsOnAll: true)
            }
        }
        if !work.moves.isEmpty {
            try await context.borrow(
                Self.flightWord + "\(BoundedList.text(work.moves.map { "\($0.partition)" })) in flight",
                action: CancelReassignments.reference.name, ["partitions": .list(work.moves.map(\.value))],
                repeats: false)
        }
        var progress = MoveProgress(
            open: work.moves, joined: work.joined, now: work.now, limit: movesPerBroker,
            at: context.reading.time.monotonic)
        let end = try await follow(&progress, context, reader, writer)
        let left = try await turns.take(cluster) { try await context.giveBack() }
        return outcome(end, progress, size, left, context)
    }

    /// How the record of moves in flight begins.
    private static let flightWord = "moves of "

    private func outcome(
        _ end: End, _ progress: MoveProgress, _ size: MovePrediction, _ left: [String], _ context: StepContext
    ) -> ActionOutcome {
        let result: ValueMap = [
            "moved_bytes": .bytes(ByteCount(progress.done.reduce(Int64(0)) { $0 &+ (size.bytes[$1] ?? 0) })),
            "throttles_restored": .bool(left.isEmpty), "left": .texts(left),
        ]
        let count = "\(progress.done.count) of \(progress.count) partitions are moved"
        let goesOn = left.contains { $0.hasPrefix(Self.flightWord) }
        let others = goesOn ? "the others could not be called off" : "the others were called off"
        let shown = progress.items.outcome("", "", result: result).result
        switch end {
        case .done: return progress.items.outcome("partitions", "were not moved", result: result)
        case .stopped: return ActionOutcome(.stopped("\(count), \(others)"), result: shown)
        case .late:
            let failure = StepFailure(
                goesOn ? .unknownOutcome : .failed,
                "it did not end within \(context.reading.timeout?.text ?? ""): \(count), \(others)",
                causes: goesOn ? left : [], nextAction: "give it more time, or a higher throttle",
                details: progress.openLines)
            return ActionOutcome(goesOn ? .unknown(failure) : .failed(failure), result: shown)
        }
    }

    /// Leaders give what they have, the new replicas take it: normal replication beside it is not slowed.
    private func wishes(
        _ throttle: Int64, _ work: Work, _ reader: any ClusterReader
    ) async throws(StepFailure) -> [ConfigWish] {
        var (leaders, followers): ([TopicPartition: Set<Int32>], [TopicPartition: Set<Int32>]) = ([:], [:])
        var brokers: Set<Int32> = []
        for move in work.moves {
            let here = Set(work.now.settled(move.partition) ?? [])
            let added = Set(move.replicas).subtracting(here)
            guard !added.isEmpty else { continue }
            leaders[move.partition] = here
            followers[move.partition] = added
            brokers.formUnion(here)
            brokers.formUnion(added)
        }
        return try await ThrottleSet.wishes(
            rate: throttle, brokers: brokers, leaders: leaders, followers: followers, reader)
    }

    private enum End { case done, stopped, late }

    /// Sends what may begin and looks, until all are there. A call that moves ends with the time for moving at the latest, a look
    /// soon after: what is kept for calling them off is not used up by one that hangs.
    private func follow(
        _ progress: inout MoveProgress, _ context: StepContext, _ reader: any ClusterReader,
        _ writer: any ClusterOperator
    ) async throws -> End {
        let time = context.reading.time
        let deadline = context.reading.timeout.map { limit in
            time.deadline(after: max(limit - Self.closingTime, limit / 2))
        }
        func left() -> Duration { max(.milliseconds(1), (deadline ?? .seconds(Int64.max / 2)) - time.monotonic) }
        var silentSince: Duration?
        var keptBackSince: Duration?
        while !progress.isOver {
            if context.isStopping() { return .stopped }
            if let deadline, time.monotonic >= deadline { return .late }
            let hadBegun = progress.hasBegun
            let round = progress.next()
            if !round.isEmpty {
                do throws(KafkaError) {
                    let bounded = deadline == nil ? writer : writer.ending(within: left())
                    let answers = try await bounded.alterReassignments(round.map { ($0.partition, $0.replicas) })
                    progress.begin(answers, at: time.monotonic)
                    keptBackSince = nil
                } catch {
                    let since = keptBackSince ?? time.monotonic
                    switch error.code {
                    case .unknownOutcome:
                        // Whether they move is seen by looking.
                        progress.begin(
                            round.map { ItemResult(item: $0.partition, result: .success(())) }, at: time.monotonic)
                    case .unreachable, .timedOut:
                        progress.takeBack(round)
                        keptBackSince = since
                        guard time.monotonic - since < Self.patience else {
                            throw lost(progress, "no more moves can be begun", StepFailure(error, doing: error.message))
                        }
                    case .outdated:
                        progress.takeBack(round)
                        // Nothing was sent, or the next attempt looks what became of it.
                        guard progress.hasBegun else { throw error }
                        return .stopped
                    default:
                        guard hadBegun else { throw StepFailure(error, doing: "the moves cannot be begun") }
                        progress.giveUp(round, error.message)
                    }
                }
            }
            try await time.sleep(for: min(Self.interval, left()))
            do throws(StepFailure) {
                let bounded = deadline == nil ? reader : reader.ending(within: left() + Self.closingTime / 2)
                progress.see(try await Placement(progress.topics, bounded), at: time.monotonic)
                silentSince = nil
                context.report(StepProgress(message: progress.text))
            } catch {
                let since = silentSince ?? time.monotonic
                silentSince = since
                guard time.monotonic - since < Self.patience else {
                    throw lost(progress, "how far the moves have come cannot be seen", error)
                }
            }
        }
        return .done
    }

    /// Nobody can say what becomes of those that were sent; where none was, the step has failed.
    private func lost(_ progress: MoveProgress, _ what: String, _ error: StepFailure) -> StepFailure {
        StepFailure(
            progress.hasBegun ? .unknownOutcome : .failed,
            "\(what): \(error.message) (\(progress.done.count) of \(progress.count) are moved)",
            causes: error.causes, nextAction: error.nextAction, details: progress.lines)
    }

    func verify(in context: StepContext) async throws -> Verification {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let plan = try source.plan(context.reading)
        let now = try await Placement(Set(plan.moves.map(\.partition.topic)), reader)
        let open = plan.moves.filter { !now.isDone($0) }
        if open.isEmpty { return .done(evidence: "every partition is where it is to be, in sync") }
        let moving = open.filter { now.moving[$0.partition] != nil }
        return moving.isEmpty
            ? .notDone(evidence: "not moved: \(BoundedList.text(open.map { "\($0.partition)" }))")
            : .cannotTell("still being moved: \(BoundedList.text(moving.map { "\($0.partition)" }))")
    }
}
