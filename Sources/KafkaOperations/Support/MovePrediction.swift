import KafkaAdmin
import RunEngine
import Values

/// What moves of replicas will copy, as far as the brokers tell.
struct MovePrediction: Sendable {
    /// By partition: its largest replica's bytes, once for each replica that is added. Missing: nobody tells.
    var bytes: [TopicPartition: Int64] = [:]
    private var perBroker: [Int32: Int64] = [:]

    var total: Int64 { bytes.values.reduce(0) { $0.addingReportingOverflow($1).partialValue } }
    /// The most that one broker takes in.
    var largest: Int64 { perBroker.values.max() ?? 0 }

    init(_ moves: [ReassignmentPlan.Move], _ now: Placement, _ reader: any ClusterReader) async {
        let holders = Set(moves.flatMap { now.settled($0.partition) ?? [] }).sorted()
        guard !holders.isEmpty, let answers = try? await reader.describeLogDirs(brokers: holders) else { return }
        let wanted = Set(moves.map(\.partition))
        var sizes: [TopicPartition: Int64] = [:]
        for answer in answers {
            guard case .success(let directories) = answer.result else { continue }
            for replica in directories.flatMap(\.replicas)
            where wanted.contains(replica.partition) && !replica.isFuture {
                sizes[replica.partition] = max(sizes[replica.partition] ?? 0, replica.size)
            }
        }
        for move in moves {
            guard let size = sizes[move.partition] else { continue }
            let added = move.replicas.filter { now.settled(move.partition)?.contains($0) == false }
            bytes[move.partition] = size.multipliedReportingOverflow(by: Int64(added.count)).partialValue
            for broker in added { perBroker[broker] = (perBroker[broker] ?? 0) &+ size }
        }
    }

    /// For people: `1.4 GiB`.
    static func text(_ bytes: Int64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        var (rest, unit) = (Double(max(0, bytes)), 0)
        while rest >= 1024, unit + 1 < units.count {
            rest /= 1024
            unit += 1
        }
        let tenths = (rest * 10).rounded() / 10
        let number = unit == 0 || tenths >= 100 ? "\(Int64(tenths.rounded()))" : "\(tenths)"
        return "\(number) \(units[unit])"
    }
}
