import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Where replicas are to be: what Kafka's own tool reads as `--reassignment-json-file`.
struct ReassignmentPlan: Sendable {
    struct Move: Sendable, Hashable {
        var partition: TopicPartition
        /// The first is the preferred leader.
        var replicas: [Int32]

        var value: Value {
            [
                "topic": .string(partition.topic), "partition": .int(Int64(partition.partition)),
                "replicas": .ids(replicas),
            ]
        }
    }

    struct Problem: Error {
        var text: String
    }

    static let fileLimit = 64 << 20

    var moves: [Move]

    /// `{version: 1, partitions: […]}`, its list alone, or either as JSON text.
    init(_ value: Value) throws(Problem) {
        var value = value
        if let text = value.stringValue {
            guard let parsed = try? JSON.parse(Array(text.utf8)) else {
                throw Problem(text: "it is neither a list, a map nor JSON")
            }
            value = parsed
        }
        guard let items = value.listValue ?? value["partitions"]?.listValue else {
            throw Problem(text: "it has no `partitions`")
        }
        if let version = value["version"]?.intValue, version != 1 {
            throw Problem(text: "its version is \(version), and 1 is the only one that is known")
        }
        var moves: [Move] = []
        var seen: Set<TopicPartition> = []
        for item in items {
            guard let partition = TopicPartition(item), partition.partition >= 0 else {
                throw Problem(text: "an entry has no `topic` and `partition`: \(JSON.text(item))")
            }
            let replicas = (item["replicas"]?.listValue ?? []).compactMap { value in
                value.intValue.flatMap(Int32.init(exactly:)).flatMap { $0 >= 0 ? $0 : nil }
            }
            guard !replicas.isEmpty, replicas.count == item["replicas"]?.listValue?.count,
                Set(replicas).count == replicas.count
            else { throw Problem(text: "the replicas of \(partition) are not a list of different broker ids") }
            guard seen.insert(partition).inserted else { throw Problem(text: "\(partition) stands there twice") }
            if let folders = item["log_dirs"]?.listValue, folders.contains(where: { $0.stringValue != "any" }) {
                throw Problem(text: "\(partition) names log directories; only brokers are chosen here")
            }
            moves.append(Move(partition: partition, replicas: replicas))
        }
        guard !moves.isEmpty else { throw Problem(text: "it names no partition") }
        self.moves = moves
    }
}

/// The two arguments by which actions are given one.
struct ReassignmentSource: Sendable {
    private let plan: ReassignmentPlan?
    private let file: String?

    static let parameters: [ActionReference.Parameter] = [
        .optional(
            "reassignment", .json,
            "Where replicas are to be: `{partitions: [{topic, partition, replicas}]}` as Kafka's tool has it, or the list alone"
        ),
        .optional("file", .string, "The same as a JSON file, beside the playbook; in place of `reassignment`"),
    ]

    init(_ arguments: Arguments) throws(StepFailure) {
        file = try arguments.textIfAny("file")
        guard let value = arguments["reassignment"] else {
            guard file != nil else { throw arguments.failure("one of `reassignment` and `file` is needed") }
            plan = nil
            return
        }
        guard file == nil else { throw arguments.failure("`reassignment` and `file` are one too many", at: "file") }
        do throws(ReassignmentPlan.Problem) { plan = try ReassignmentPlan(value) } catch {
            throw arguments.failure("the reassignment cannot be used: \(error.text)", at: "reassignment")
        }
    }

    func plan(_ context: ReadContext) throws(StepFailure) -> ReassignmentPlan {
        if let plan { return plan }
        let name = file ?? ""
        let path = name.hasPrefix("/") || context.folder.isEmpty ? name : "\(context.folder)/\(name)"
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try Files.read(path, limit: ReassignmentPlan.fileLimit) } catch {
            throw StepFailure(.invalid, "the reassignment cannot be read: \(error)")
        }
        do throws(ReassignmentPlan.Problem) {
            return try ReassignmentPlan(.string(String(decoding: bytes, as: UTF8.self)))
        } catch {
            throw StepFailure(.invalid, "the reassignment \(path) cannot be used: \(error.text)")
        }
    }
}

/// Where replicas are now, of the partitions of a reassignment.
struct Placement: Sendable {
    struct Partition: Sendable {
        var replicas: [Int32]
        var inSync: [Int32]
        var leader: Int32
    }

    var partitions: [TopicPartition: Partition] = [:]
    var moving: [TopicPartition: Reassignment] = [:]

    /// The moves are read first: what ends in between is then seen as it is after its end.
    init(_ topics: Set<String>, _ reader: any ClusterReader) async throws(StepFailure) {
        let moves = try await kafka("the reassignments cannot be listed") { () throws(KafkaError) in
            try await reader.listReassignments()
        }
        let names = topics.sorted()
        let view = try await kafka("the partitions cannot be read") { () throws(KafkaError) in
            try await reader.snapshot(topics: names, from: .any)
        }
        for move in moves { moving[move.partition] = move }
        for topic in view.topics where topic.error == nil {
            for partition in view.partitions(of: topic) {
                partitions[TopicPartition(topic.name, partition.index)] = Partition(
                    replicas: Array(view.replicas(of: partition)), inSync: Array(view.inSync(of: partition)),
                    leader: partition.leader)
            }
        }
    }

    /// Where it is, without what a move is adding.
    func settled(_ partition: TopicPartition) -> [Int32]? {
        guard let now = partitions[partition]?.replicas else { return nil }
        return moving[partition].map { move in move.replicas.filter { !move.adding.contains($0) } } ?? now
    }

    /// Replicas are the wanted ones, in sync, and nothing of it moves.
    func isDone(_ move: ReassignmentPlan.Move) -> Bool {
        guard moving[move.partition] == nil, let now = partitions[move.partition] else { return false }
        return now.replicas == move.replicas && Set(now.inSync).isSuperset(of: move.replicas)
    }
}

extension Reassignment {
    /// Where it goes to.
    var goal: [Int32] { replicas.filter { !removing.contains($0) } }
    /// Where it comes from.
    var origin: [Int32] { replicas.filter { !adding.contains($0) } }
}
