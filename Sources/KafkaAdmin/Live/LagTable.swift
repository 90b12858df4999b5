import KafkaWire

/// The partitions in which a group stands, in columns: by topic and number, with what is committed there and where they end.
///
/// A group may stand in 100,000 partitions. A row is a number here, and a topic's name is there once.
struct LagTable: Sendable {
    /// In order.
    private(set) var topics: [String] = []
    /// The rows of each topic.
    private(set) var rows: [Range<Int>] = []
    /// By row, from here on: the topic's number in `topics`.
    private(set) var topic: [Int32] = []
    private(set) var index: [Int32] = []
    /// `none`: nothing is committed.
    private var committed: [Int64] = []
    /// What is wrong with the commits of some rows.
    private var problems: [Int: KafkaError] = [:]

    private static let none = Int64.min

    /// The commits of a group, and partitions of which it is to be said where they end in any case. Of a partition that stands
    /// there twice the first counts.
    init(_ commits: FlatGroupOffsets, and partitions: [TopicPartition]) {
        var faults: [KafkaError] = []
        var found: [(topic: String, rows: [Row])] = []
        found.reserveCapacity(commits.topics.count)
        for topic in commits.topics {
            var rows: [Row] = []
            rows.reserveCapacity(topic.partitions.count)
            for partition in commits.partitions[topic.partitions] {
                let code = partition.errorCode
                if code.isError {
                    let subject = "\(TopicPartition(topic.name, partition.index))"
                    faults.append(.answered(code, api: .offsetFetch, about: subject))
                    rows.append(Row(index: partition.index, committed: Self.none, fault: faults.count - 1))
                } else {
                    let offset = partition.offset < 0 ? Self.none : partition.offset
                    rows.append(Row(index: partition.index, committed: offset))
                }
            }
            found.append((topic.name, rows))
        }
        self.init(found, faults, and: partitions)
    }

    init(_ commits: LiveClusterReader.Commits, and partitions: [TopicPartition]) {
        var faults: [KafkaError] = []
        var byTopic: [String: [Row]] = [:]
        for commit in commits {
            var row = Row(index: commit.item.partition, committed: Self.none)
            switch commit.result {
            case .success(let offset): row.committed = offset?.offset ?? Self.none
            case .failure(let error):
                row.fault = faults.count
                faults.append(error)
            }
            byTopic[commit.item.topic, default: []].append(row)
        }
        self.init(byTopic.map { ($0.key, $0.value) }, faults, and: partitions)
    }

    private struct Row {
        var index: Int32
        var committed: Int64
        /// Among those that were found; -1: none.
        var fault = -1
    }

    private init(
        _ found: [(topic: String, rows: [Row])], _ faults: [KafkaError], and partitions: [TopicPartition]
    ) {
        var byTopic: [String: [Row]] = [:]
        byTopic.reserveCapacity(found.count)
        for (topic, rows) in found { byTopic[topic, default: []] += rows }
        for partition in partitions {
            byTopic[partition.topic, default: []].append(Row(index: partition.partition, committed: Self.none))
        }
        for (name, rows) in byTopic.sorted(by: { $0.key < $1.key }) { append(name, rows, faults) }
    }

    private mutating func append(_ name: String, _ rows: [Row], _ faults: [KafkaError]) {
        let isSorted = zip(rows, rows.dropFirst()).allSatisfy { $0.index < $1.index }
        let ordered =
            isSorted
            ? rows
            : rows.enumerated().sorted { ($0.element.index, $0.offset) < ($1.element.index, $1.offset) }
                .map(\.element)
        let first = index.count
        for row in ordered where index.count == first || index.last != row.index {
            if faults.indices.contains(row.fault) { problems[index.count] = faults[row.fault] }
            index.append(row.index)
            committed.append(row.committed)
            topic.append(Int32(truncatingIfNeeded: topics.count))
        }
        guard index.count > first else { return }
        topics.append(name)
        self.rows.append(first..<index.count)
    }

    var count: Int { index.count }
    var isEmpty: Bool { index.isEmpty }

    func partition(_ row: Int) -> TopicPartition { TopicPartition(topics[Int(topic[row])], index[row]) }

    /// The row of a partition; nil when it is none of these.
    func row(topic: Int32, index wanted: Int32) -> Int? {
        guard rows.indices.contains(Int(topic)) else { return nil }
        let range = rows[Int(topic)]
        // Where a group stands in every partition of a topic, they lie where their numbers say.
        let guess = range.lowerBound + Int(wanted)
        if range.contains(guess), index[guess] == wanted { return guess }
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high {
            let middle = low + (high - low) / 2
            if index[middle] < wanted { low = middle + 1 } else { high = middle }
        }
        return low < range.upperBound && index[low] == wanted ? low : nil
    }

    /// What is committed, and the end, as a lag.
    func lag(_ row: Int, end: Result<Int64, KafkaError>) -> ItemResult<TopicPartition, PartitionLag> {
        let partition = partition(row)
        if let problem = problems[row] { return ItemResult(item: partition, result: .failure(problem)) }
        let offset = committed[row] == Self.none ? nil : committed[row]
        switch end {
        case .success(let end):
            return ItemResult(
                item: partition, result: .success(PartitionLag(partition: partition, committed: offset, end: end)))
        case .failure(let error): return ItemResult(item: partition, result: .failure(error))
        }
    }
}
