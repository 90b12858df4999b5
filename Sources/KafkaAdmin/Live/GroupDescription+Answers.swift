import KafkaWire

// The four answers that describe a group, in the operator's terms.

extension GroupDescription {
    init(_ group: DescribeGroupsResponse.Group, node: Int32) {
        let areConsumers = group.protocolType == ConsumerProtocol.protocolType
        self.init(
            id: group.groupId, type: .classic, state: group.groupState, protocolType: group.protocolType,
            assignor: group.protocolData,
            members: group.members.map { member in
                GroupMember(
                    id: member.memberId, instanceID: member.groupInstanceId, clientID: member.clientId,
                    clientHost: member.clientHost,
                    subscribedTopics: areConsumers ? Self.topics(in: member.memberMetadata) : [],
                    assignment: areConsumers ? Self.partitions(in: member.memberAssignment) : nil)
            }, coordinator: node, authorizedOperations: Self.told(group.authorizedOperations))
    }

    init(_ group: ConsumerGroupDescribeResponse.Group, node: Int32) {
        typealias Assignment = ConsumerGroupDescribeResponse.Assignment
        func partitions(_ assignment: Assignment) -> [TopicPartition] {
            assignment.topicPartitions.flatMap { topic in topic.partitions.map { TopicPartition(topic.topicName, $0) } }
        }
        self.init(
            id: group.groupId, type: .consumer, state: group.groupState, protocolType: "consumer",
            assignor: group.assignorName, groupEpoch: group.groupEpoch, assignmentEpoch: group.assignmentEpoch,
            members: group.members.map { member in
                GroupMember(
                    id: member.memberId, instanceID: member.instanceId, rack: member.rackId,
                    clientID: member.clientId, clientHost: member.clientHost, epoch: member.memberEpoch,
                    subscribedTopics: member.subscribedTopicNames, subscribedPattern: member.subscribedTopicRegex,
                    assignment: partitions(member.assignment), target: partitions(member.targetAssignment),
                    isClassic: Self.speaksClassic(member.memberType))
            }, coordinator: node, authorizedOperations: Self.told(group.authorizedOperations))
    }

    init(_ group: ShareGroupDescribeResponse.Group, node: Int32) {
        self.init(
            id: group.groupId, type: .share, state: group.groupState, protocolType: "share",
            assignor: group.assignorName, groupEpoch: group.groupEpoch, assignmentEpoch: group.assignmentEpoch,
            members: group.members.map { member in
                GroupMember(
                    id: member.memberId, rack: member.rackId, clientID: member.clientId,
                    clientHost: member.clientHost, epoch: member.memberEpoch,
                    subscribedTopics: member.subscribedTopicNames,
                    assignment: member.assignment.topicPartitions.flatMap { topic in
                        topic.partitions.map { TopicPartition(topic.topicName, $0) }
                    })
            }, coordinator: node, authorizedOperations: Self.told(group.authorizedOperations))
    }

    init(_ group: StreamsGroupDescribeResponse.Group, node: Int32) {
        typealias TaskIDs = StreamsGroupDescribeResponse.TaskIds
        func tasks(_ ids: [TaskIDs], _ kind: GroupMember.Task.Kind) -> [GroupMember.Task] {
            ids.flatMap { part in
                part.partitions.map { GroupMember.Task(kind: kind, subtopology: part.subtopologyId, partition: $0) }
            }
        }
        func all(_ assignment: StreamsGroupDescribeResponse.Assignment) -> [GroupMember.Task] {
            tasks(assignment.activeTasks, .active) + tasks(assignment.standbyTasks, .standby)
                + tasks(assignment.warmupTasks, .warmup)
        }
        self.init(
            id: group.groupId, type: .streams, state: group.groupState, protocolType: "streams",
            groupEpoch: group.groupEpoch, assignmentEpoch: group.assignmentEpoch,
            members: group.members.map { member in
                GroupMember(
                    id: member.memberId, instanceID: member.instanceId, rack: member.rackId,
                    clientID: member.clientId, clientHost: member.clientHost, epoch: member.memberEpoch,
                    assignment: nil, tasks: all(member.assignment), targetTasks: all(member.targetAssignment),
                    topologyEpoch: member.topologyEpoch, isClassic: member.isClassic)
            },
            subtopologies: (group.topology?.subtopologies ?? []).map {
                Subtopology(id: $0.subtopologyId, sourceTopics: $0.sourceTopics)
            }, topologyEpoch: group.topology?.epoch, coordinator: node,
            authorizedOperations: Self.told(group.authorizedOperations))
    }

    /// -1: not told.
    private static func speaksClassic(_ type: Int8) -> Bool? { type < 0 ? nil : type == 0 }

    private static func told(_ operations: Int32) -> Int32? { operations == .min ? nil : operations }

    private static func topics(in metadata: [UInt8]) -> [String] {
        guard !metadata.isEmpty else { return [] }
        return (try? ConsumerProtocol.subscription(metadata).topics) ?? []
    }

    /// Nil when the bytes are no assignment.
    private static func partitions(in bytes: [UInt8]) -> [TopicPartition]? {
        do throws(WireError) {
            let assignment = try ConsumerProtocol.assignment(bytes)
            return (assignment?.assignedPartitions ?? []).flatMap { topic in
                topic.partitions.map { TopicPartition(topic.topic, $0) }
            }
        } catch {
            return nil
        }
    }
}
