package import KafkaAdmin

/// What each broker says of itself now, on a connection made for the question.
package struct NodeReleases: Sendable {
    /// A broker's answer, or why there is none.
    private struct Answer: Sendable {
        var node: Int32
        var versions: NodeVersions?
        var problem: String?
    }

    package private(set) var versions: [Int32: NodeVersions] = [:]
    package private(set) var problems: [Int32: String] = [:]

    /// Brokers that are asked at the same time.
    private static let concurrency = 8

    package static func read(_ nodes: [Int32], _ reader: any ClusterReader) async -> NodeReleases {
        await withTaskGroup(of: Answer.self) { group in
            var rest = nodes[...]
            var found = NodeReleases()
            func addNext() {
                guard let node = rest.popFirst() else { return }
                group.addTask {
                    do throws(KafkaError) {
                        return Answer(node: node, versions: try await reader.versionsOnNewConnection(of: node))
                    } catch {
                        return Answer(node: node, problem: error.message)
                    }
                }
            }
            for _ in 0..<concurrency { addNext() }
            for await answer in group {
                found.versions[answer.node] = answer.versions
                found.problems[answer.node] = answer.problem
                addNext()
            }
            return found
        }
    }

    /// The finalized features as the best-informed of them knows them; nil when none answers.
    var finalized: NodeVersions? {
        versions.sorted { $0.key < $1.key }.map(\.value).max { $0.finalizedFeaturesEpoch < $1.finalizedFeaturesEpoch }
    }
}
