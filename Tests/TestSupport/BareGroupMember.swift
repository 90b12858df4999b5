package import KafkaAdmin
import KafkaWire

/// A member of a share or streams group that is no program: it says that it is there, and takes what it is given.
package struct BareGroupMember: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case share = "Share"
        case streams = "Streams"
    }

    package let kind: Kind
    package let group: String
    package let topics: [String]
    private let client: AdminClient
    private var epoch: Int32 = 0

    private static let id = "MDEyMzQ1Njc4OWFiY2RlZg"

    package init(_ kind: Kind, of group: String, reading topics: [String], _ client: AdminClient) {
        self.kind = kind
        self.group = group
        self.topics = topics
        self.client = client
    }

    /// The first one joins. Throws what the coordinator refuses, also while there is none yet.
    package mutating func beat() async throws { try await beat(epoch) }

    package mutating func leave() async throws { try await beat(-1) }

    private mutating func beat(_ epoch: Int32) async throws {
        let coordinators = try await client.call(
            FindCoordinatorRequest(keyType: 0, coordinatorKeys: [group]), to: .any, kind: .read
        ).response.coordinators
        guard let node = coordinators.first(where: { !$0.errorCode.isError })?.nodeId else {
            throw KafkaError(.unreachable, "\(group) has no coordinator yet")
        }
        let isFirst = epoch == 0
        switch kind {
        case .share:
            let request = ShareGroupHeartbeatRequest(
                groupId: group, memberId: Self.id, memberEpoch: epoch, subscribedTopicNames: isFirst ? topics : nil)
            let answer = try await client.call(request, to: .node(node), kind: .read).response
            try note(answer.errorCode, answer.errorMessage, answer.memberEpoch)
        case .streams:
            let request = StreamsGroupHeartbeatRequest(
                groupId: group, memberId: Self.id, memberEpoch: epoch, rebalanceTimeoutMs: isFirst ? 60_000 : -1,
                topology: isFirst
                    ? .init(epoch: 1, subtopologies: [.init(subtopologyId: "sub-1", sourceTopics: topics)]) : nil,
                activeTasks: isFirst ? [] : nil, standbyTasks: isFirst ? [] : nil, warmupTasks: isFirst ? [] : nil,
                processId: isFirst ? "process-1" : nil, clientTags: isFirst ? [] : nil)
            let answer = try await client.call(request, to: .node(node), kind: .read).response
            try note(answer.errorCode, answer.errorMessage, answer.memberEpoch)
        }
    }

    private mutating func note(_ code: KafkaErrorCode, _ message: String?, _ epoch: Int32) throws {
        guard !code.isError else { throw KafkaError(.server(code), message ?? code.name) }
        self.epoch = epoch
    }
}
