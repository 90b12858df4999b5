internal import KafkaAdmin

/// The quorum as a look shows it, or why it cannot.
struct QuorumLook: Sendable {
    /// Nil: it runs on ZooKeeper, or the quorum could not be read.
    var quorum: QuorumDescription?
    var problems: [String] = []

    static func read(_ reader: any ClusterReader) async -> QuorumLook {
        do throws(KafkaError) { return QuorumLook(quorum: try await reader.describeQuorum()) } catch {
            // Clusters on ZooKeeper lack the API, and have no quorum.
            if error.code == .unsupportedVersion { return QuorumLook() }
            return QuorumLook(problems: ["the quorum cannot be described: \(error.message)"])
        }
    }

    /// The active controller; nil when it is not known.
    var controller: Int32? { quorum.flatMap { $0.leaderID < 0 ? nil : $0.leaderID } }
}
