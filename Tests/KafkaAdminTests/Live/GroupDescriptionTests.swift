import KafkaWire
import Testing

@testable import KafkaAdmin

/// What each kind of group is described by.
@Suite struct GroupDescriptionTests {
    @Test func `a group of the newer protocol says which member still speaks the old one`() {
        let group = GroupDescription(
            ConsumerGroupDescribeResponse.Group(
                groupId: "g", groupState: "Reconciling", groupEpoch: 7, assignmentEpoch: 6, assignorName: "uniform",
                members: [-1, 0, 1].map { .init(memberId: "m\($0)", memberEpoch: 5, memberType: $0) },
                authorizedOperations: 328), node: 3)
        #expect(group.type == .consumer && group.state == "Reconciling" && group.coordinator == 3)
        #expect(group.groupEpoch == 7 && group.assignmentEpoch == 6 && group.authorizedOperations == 328)
        #expect(group.members.map(\.isClassic) == [nil, true, false] && group.members.map(\.epoch) == [5, 5, 5])
    }

    @Test func `a classic group has neither epochs nor operations that nobody told`() {
        let group = GroupDescription(
            DescribeGroupsResponse.Group(groupId: "g", groupState: "Stable", protocolType: "connect"), node: 1)
        #expect(group.groupEpoch == nil && group.assignmentEpoch == nil && group.topologyEpoch == nil)
        #expect(group.authorizedOperations == nil && group.type == .classic)
    }

    @Test func `a share group has epochs and what its members read`() {
        let group = GroupDescription(
            ShareGroupDescribeResponse.Group(
                groupId: "g", groupState: "Stable", groupEpoch: 2, assignmentEpoch: 2,
                members: [
                    .init(
                        memberId: "m", memberEpoch: 2,
                        assignment: .init(topicPartitions: [.init(topicName: "t", partitions: [1])]))
                ], authorizedOperations: 8), node: 1)
        #expect(group.groupEpoch == 2 && group.assignmentEpoch == 2 && group.authorizedOperations == 8)
        #expect(group.members.map(\.assignment) == [[TopicPartition("t", 1)]])
    }

    @Test func `a streams group has a topology, tasks and those that they are to become`() {
        let group = GroupDescription(
            StreamsGroupDescribeResponse.Group(
                groupId: "g", groupState: "Reconciling", groupEpoch: 4, assignmentEpoch: 3,
                topology: .init(epoch: 9, subtopologies: [.init(subtopologyId: "0", sourceTopics: ["t"])]),
                members: [
                    .init(
                        memberId: "m", memberEpoch: 3, topologyEpoch: 8,
                        assignment: .init(activeTasks: [.init(subtopologyId: "0", partitions: [0])]),
                        targetAssignment: .init(warmupTasks: [.init(subtopologyId: "0", partitions: [1])]),
                        isClassic: false)
                ], authorizedOperations: .min), node: 1)
        #expect(group.topologyEpoch == 9 && group.groupEpoch == 4 && group.assignmentEpoch == 3)
        #expect(group.authorizedOperations == nil && group.subtopologies.map(\.sourceTopics) == [["t"]])
        let member = group.members.first
        #expect(member?.topologyEpoch == 8 && member?.isClassic == false && member?.epoch == 3)
        #expect(member?.tasks == [.init(kind: .active, subtopology: "0", partition: 0)])
        #expect(member?.targetTasks == [.init(kind: .warmup, subtopology: "0", partition: 1)])
    }
}
