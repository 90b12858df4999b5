import KafkaAdmin
import KafkaWire
import TestSupport
import Testing

/// Share and streams groups, whose members are this test.
struct ShareGroupSurface {
    let world: SurfaceWorld

    private let baskets = [TopicPartition("baskets", 0), TopicPartition("baskets", 1)]
    private static let member = "MDEyMzQ1Njc4OWFiY2RlZg"

    func run() async throws {
        guard world.isAtLeast(4, 1) else { return try await lacksThem() }
        try await world.makeTopic("baskets", leaders: [1, 2])
        for partition in baskets { try await world.produce(["1", "2", "3", "4", "5"], to: partition) }
        try await shares()
        try await positions()
        if world.isAtLeast(4, 2) { try await streams() }
    }

    private func lacksThem() async throws {
        let queries = [GroupOffsetQuery(group: "sharing")]
        let answer = try await world.reader.shareGroupOffsets(queries)
        #expect(answer.map(\.result.failureCode) == [.unsupportedVersion])
        await #expect(throws: KafkaError(.unsupportedVersion, "")) {
            try await world.writer.alterShareGroupOffsets([(baskets[0], 1)], of: "sharing")
        }
        await #expect(throws: KafkaError(.unsupportedVersion, "")) {
            try await world.writer.deleteShareGroupOffsets(topics: ["baskets"], of: "sharing")
        }
    }

    private func coordinator(_ group: String) async throws -> Int32 {
        let request = FindCoordinatorRequest(keyType: 0, coordinatorKeys: [group])
        let answer = try await world.client.call(request, to: .any, kind: .read).response
        return try #require(answer.coordinators.first { !$0.errorCode.isError }).nodeId
    }

    private func shares() async throws {
        let reader = world.reader
        var epoch: Int32 = 0
        func beat(leaving: Bool = false) async throws -> Bool {
            let request = ShareGroupHeartbeatRequest(
                groupId: "sharing", memberId: Self.member, memberEpoch: leaving ? -1 : epoch,
                subscribedTopicNames: epoch == 0 ? ["baskets"] : nil)
            let node = try await coordinator("sharing")
            let answer = try await world.client.call(request, to: .node(node), kind: .read).response
            guard !answer.errorCode.isError else {
                throw KafkaError(.server(answer.errorCode), answer.errorMessage ?? answer.errorCode.name)
            }
            epoch = answer.memberEpoch
            return true
        }
        let group = try await Eventually.found("sharing has a member with everything") {
            _ = try await beat()
            guard try await reader.describeGroups(["sharing"], type: nil).first?.result.get().type == .share else {
                return GroupDescription?.none
            }
            let group = try await reader.describeGroups(["sharing"], type: .share).first?.result.get()
            return group?.state == "Stable" && group?.members.first?.assignment?.sorted() == baskets ? group : nil
        }
        #expect(group.members.map(\.id) == [Self.member] && group.members.first?.subscribedTopics == ["baskets"])
        #expect(group.groupEpoch != nil && group.protocolType == "share")
        try await world.eventually("sharing is listed", is: ["sharing"]) {
            try await reader.listGroups(states: [], types: [.share]).flatMap { try $0.result.get() }.map(\.id)
        }
        // What a group with members does not allow.
        let refused = await failure {
            _ = try await world.writer.deleteShareGroupOffsets(topics: ["baskets"], of: "sharing")
        }
        #expect(refused?.serverCodeNumber == 68, "\(String(describing: refused))")
        if world.isAtLeast(4, 2) {
            let refused = await failure {
                _ = try await world.writer.alterShareGroupOffsets([(baskets[0], 1)], of: "sharing")
            }
            #expect(refused?.serverCodeNumber == 68, "\(String(describing: refused))")
        }
        #expect(code(try await world.writer.deleteGroups(["sharing"]).first?.result) == 68)
        _ = try await beat(leaving: true)
        try await world.eventually("sharing has no member any more") {
            try await reader.describeGroups(["sharing"], type: .share).first?.result.get().members.isEmpty == true
        }
    }

    private func failure(_ body: () async throws -> Void) async -> KafkaError? {
        do { try await body() } catch { return error as? KafkaError }
        return nil
    }

    /// APIs 90 to 92.
    private func positions() async throws {
        let (reader, writer) = (world.reader, world.writer)
        let nowhere = TopicPartition("nowhere", 0)
        guard world.isAtLeast(4, 2) else {
            // The preview of 4.1 answers without a word about any partition: nobody knows what became of them.
            let set = try await writer.alterShareGroupOffsets([(baskets[0], 2)], of: "sharing")
            #expect(set.map(\.result.failureCode) == [.unknownOutcome])
            _ = try await reader.shareGroupOffsets([GroupOffsetQuery(group: "sharing")])[0].result.get()
            for item in try await writer.deleteGroups(["sharing"]) { try item.result.get() }
            return
        }
        try await world.eventually("the offsets of sharing can be set") {
            let set = try await writer.alterShareGroupOffsets([(baskets[0], 2), (baskets[1], 0)], of: "sharing")
            for item in set { try item.result.get() }
            return true
        }
        let set = try await writer.alterShareGroupOffsets([(baskets[0], 2), (nowhere, 1)], of: "sharing")
        #expect(set.map { code($0.result) } == [nil, 3])
        try await world.eventually("sharing stands where it was put") {
            let found = try await reader.shareGroupOffsets([GroupOffsetQuery(group: "sharing", partitions: baskets)])
            let offsets = try found[0].result.get().map { try $0.result.get() }
            return offsets.map { $0?.start } == [2, 0] && offsets.map { $0?.lag } == [3, 5]
        }
        let all = try await reader.shareGroupOffsets([
            GroupOffsetQuery(group: "sharing"), GroupOffsetQuery(group: "unheard"),
        ])
        #expect(try all[0].result.get().map(\.item) == baskets)
        // Whoever does not exist stands nowhere.
        #expect(try all[1].result.get().isEmpty)
        #expect(try all[0].result.get().map { try $0.result.get()?.lag } == [3, 5])
        let asked = try await reader.shareGroupOffsets([
            GroupOffsetQuery(group: "sharing", partitions: [baskets[0], nowhere])
        ])
        let each = try asked[0].result.get()
        #expect(each.map(\.item) == [baskets[0], nowhere])
        #expect(each[1].result.failureCode != nil || (try? each[1].result.get()) == .some(nil))

        let deleted = try await writer.deleteShareGroupOffsets(topics: ["baskets", "nowhere"], of: "sharing")
        try deleted[0].result.get()
        #expect(code(deleted[1].result) == 3)
        try await world.eventually("sharing stands nowhere") {
            let left = try await reader.shareGroupOffsets([GroupOffsetQuery(group: "sharing")])
            return try left[0].result.get().allSatisfy { try $0.result.get() == nil }
        }
        let unknown = await failure {
            _ = try await writer.deleteShareGroupOffsets(topics: ["baskets"], of: "unheard")
        }
        #expect(unknown?.serverCodeNumber == 69, "\(String(describing: unknown))")
        for item in try await writer.deleteGroups(["sharing"]) { try item.result.get() }
        #expect(code(try await reader.describeGroups(["sharing"], type: .share).first?.result) == 69)
    }

    private func streams() async throws {
        let reader = world.reader
        let versions = try await reader.versionsOnNewConnection(of: 1)
        guard versions.apis[88] != nil else { return }
        if !versions.finalizedFeatures.contains(where: { $0.name == "streams.version" && $0.maximum >= 1 }) {
            try await world.writer.updateFeatures(
                [.init(name: "streams.version", level: 1, kind: .upgrade)], validateOnly: false)
        }
        var epoch: Int32 = 0
        func beat(leaving: Bool = false) async throws {
            let isFirst = epoch == 0
            let request = StreamsGroupHeartbeatRequest(
                groupId: "flowing", memberId: Self.member, memberEpoch: leaving ? -1 : epoch,
                rebalanceTimeoutMs: isFirst ? 60_000 : -1,
                topology: isFirst
                    ? .init(epoch: 1, subtopologies: [.init(subtopologyId: "sub-1", sourceTopics: ["baskets"])])
                    : nil, activeTasks: isFirst ? [] : nil, standbyTasks: isFirst ? [] : nil,
                warmupTasks: isFirst ? [] : nil, processId: isFirst ? "process-1" : nil,
                clientTags: isFirst ? [] : nil)
            let node = try await coordinator("flowing")
            let answer = try await world.client.call(request, to: .node(node), kind: .read).response
            guard !answer.errorCode.isError else {
                throw KafkaError(.server(answer.errorCode), answer.errorMessage ?? answer.errorCode.name)
            }
            epoch = answer.memberEpoch
        }
        let group = try await Eventually.found("flowing has a member with a task for each partition") {
            try await beat()
            guard try await reader.describeGroups(["flowing"], type: nil).first?.result.get().type == .streams else {
                return GroupDescription?.none
            }
            let group = try await reader.describeGroups(["flowing"], type: .streams).first?.result.get()
            return group?.members.first?.tasks.map(\.partition).sorted() == [0, 1] ? group : nil
        }
        #expect(group.subtopologies == [.init(id: "sub-1", sourceTopics: ["baskets"])])
        #expect(group.members.first?.tasks.allSatisfy { $0.kind == .active && $0.subtopology == "sub-1" } == true)
        let commit = try await world.writer.commitOffsets(
            [(baskets[0], CommittedOffset(offset: 1))], of: "flowing")
        #expect(commit.first?.result.failureCode != nil)
        try await beat(leaving: true)
        try await world.eventually("flowing has no member any more") {
            try await reader.describeGroups(["flowing"], type: .streams).first?.result.get().members.isEmpty == true
        }
        for item in try await world.writer.commitOffsets(
            [(baskets[0], CommittedOffset(offset: 4))], of: "flowing")
        {
            try item.result.get()
        }
        let lag = try await reader.groupLag("flowing", partitions: [], readCommitted: false)
        #expect(try lag.map { try $0.result.get().lag } == [1])
        for item in try await world.writer.deleteGroups(["flowing"]) { try item.result.get() }
    }
}
