import EventLoop
import KafkaAdmin
import Values

/// What a plan that is kept binds itself to on a cluster: which replica stands where, and the finalized feature levels.
/// Whoever applies the plan later must find both as they were; who leads and who is in sync is read again where it is used.
enum ClusterBinding {
    /// `NAME.assignment` and `NAME.features`, as text for people: a change of either shows in it.
    static func facts(of name: String, _ reader: any ClusterReader) async throws -> [(String, Value)] {
        do throws(KafkaError) {
            let snapshot = try await reader.snapshot(topics: nil, from: .any)
            var facts: [(String, Value)] = [("\(name).assignment", .string(assignment(snapshot)))]
            if let node = snapshot.brokers.map(\.id).min() {
                let versions = try await reader.versionsOnNewConnection(of: node)
                let levels = versions.finalizedFeatures.map { "\($0.name) \($0.maximum)" }.sorted()
                facts.append(("\(name).features", .string(levels.joined(separator: ", "))))
            }
            return facts
        } catch {
            throw RunFailure(.unreachable, StepFailure(error, doing: "what the plan binds itself to cannot be read"))
        }
    }

    /// Counts for people and a digest over `topic id, partition, replicas` in the order of the topics' names.
    static func assignment(_ snapshot: ClusterSnapshot) -> String {
        var bytes: [UInt8] = []
        for topic in snapshot.topics.sorted(by: { $0.name.precedes($1.name) }) {
            bytes += "\(topic.name) \(topic.id)\n".utf8
            for partition in snapshot.partitions(of: topic).sorted(by: { $0.index < $1.index }) {
                bytes.appendDecimal(Int(partition.index))
                for replica in snapshot.replicas(of: partition) { bytes += " \(replica)".utf8 }
                bytes.append(UInt8(ascii: "\n"))
            }
        }
        return "\(snapshot.topics.count) topics, \(snapshot.partitions.count) partitions, "
            + Digest.sha256(bytes).prefix(16)
    }
}
