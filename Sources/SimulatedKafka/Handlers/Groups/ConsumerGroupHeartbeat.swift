import KafkaWire

// ConsumerGroupHeartbeat (68) and ConsumerGroupDescribe (69). To the group's coordinator (KIP-848); from 4.0 on, before that
// the protocol was not enabled.
//
// Behaviour: epoch 0 joins, -1 leaves, -2 leaves for a while (static members). The coordinator assigns; an assignment is told
// when it changes and to who asks with everything it has. A subscription by regular expression is refused: it is not
// simulated.

extension ClusterModel {
    /// Brokers' `group.consumer.session.timeout.ms` and `group.consumer.heartbeat.interval.ms`.
    private static let consumerSession: Duration = .seconds(45)
    private static let consumerInterval: Int32 = 5_000

    private struct HeartbeatProblem: Error {
        let code: KafkaErrorCode
        let message: String?

        init(_ code: KafkaErrorCode, _ message: String? = nil) {
            self.code = code
            self.message = message
        }
    }

    var hasConsumerProtocol: Bool { image.features[Feature.groupVersion] ?? 0 >= 1 }

    mutating func consumerGroupHeartbeat(
        _ request: ConsumerGroupHeartbeatRequest, _ call: Call
    ) -> ConsumerGroupHeartbeatResponse {
        do throws(HeartbeatProblem) {
            return try heartbeat(request, call)
        } catch {
            return ConsumerGroupHeartbeatResponse(errorCode: error.code, errorMessage: error.message)
        }
    }

    private mutating func heartbeat(
        _ request: ConsumerGroupHeartbeatRequest, _ call: Call
    ) throws(HeartbeatProblem) -> ConsumerGroupHeartbeatResponse {
        guard hasConsumerProtocol else { throw HeartbeatProblem(.unsupportedVersion) }
        guard allows(.read, .group, request.groupId) else { throw HeartbeatProblem(.groupAuthorizationFailed) }
        try checkShape(request, call)
        let id = request.groupId
        if let code = coordinatorProblem(id, call) { throw HeartbeatProblem(code) }
        if groups[id] == nil {
            guard request.memberEpoch == 0 else {
                throw HeartbeatProblem(.groupIdNotFound, "Consumer group \(id) not found.")
            }
            groups[id] = GroupState(id: id)
        }
        if let kind = groups[id]?.kind, kind == .share || kind == .streams {
            throw HeartbeatProblem(.groupIdNotFound, "Group \(id) is not a consumer group.")
        }
        if groups[id]?.kind == .classic {
            guard groups[id]?.isEmpty ?? true else {
                throw HeartbeatProblem(.groupIdNotFound, "Group \(id) is not a consumer group.")
            }
            groups[id]?.kind = .consumer
            groups[id]?.consumers.epoch = call.release.firstGroupEpoch
        }
        if request.memberEpoch < 0 { return try leaveConsumers(request) }
        let member = try heardMember(request, call)
        let owned = request.topicPartitions.map { partitions(named: $0) }
        let hasChanged = groups[id]?.consumers.reconcile(member, owned: owned) ?? false
        let isFull = request.memberEpoch == 0 || (request.subscribedTopicNames != nil && owned != nil)
        let current = groups[id]?.consumers.members[member]
        return ConsumerGroupHeartbeatResponse(
            errorMessage: nil, memberId: member, memberEpoch: current?.epoch ?? 0,
            heartbeatIntervalMs: Self.consumerInterval,
            assignment: hasChanged || isFull
                ? .init(
                    topicPartitions: byTopic(current?.assigned ?? []).map {
                        .init(topicId: $0.id, partitions: $0.partitions)
                    })
                : nil)
    }

    private func checkShape(
        _ request: ConsumerGroupHeartbeatRequest, _ call: Call
    ) throws(HeartbeatProblem) {
        func refuse(_ message: String) -> HeartbeatProblem { HeartbeatProblem(.invalidRequest, message) }
        let isNew = request.memberEpoch == 0
        if request.memberId.isEmpty, call.version >= 1 || !isNew { throw refuse("MemberId can't be empty.") }
        if request.groupId.isEmpty { throw refuse("GroupId can't be empty.") }
        if request.instanceId?.isEmpty ?? false { throw refuse("InstanceId can't be empty.") }
        if request.rackId?.isEmpty ?? false { throw refuse("RackId can't be empty.") }
        if request.memberEpoch < -2 { throw refuse("MemberEpoch is invalid.") }
        if request.memberEpoch == -2, request.instanceId == nil { throw refuse("InstanceId can't be null.") }
        if isNew {
            if request.rebalanceTimeoutMs == -1 {
                throw refuse("RebalanceTimeoutMs must be provided in first request.")
            }
            guard request.topicPartitions?.isEmpty ?? false else {
                throw refuse("TopicPartitions must be empty when (re-)joining.")
            }
            if request.subscribedTopicNames == nil, request.subscribedTopicRegex == nil {
                throw refuse("Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.")
            }
        }
        if let regex = request.subscribedTopicRegex, !regex.isEmpty {
            throw HeartbeatProblem(.invalidRegularExpression, "Regular expressions are not simulated.")
        }
        if let assignor = request.serverAssignor, !ConsumerMembership.assignors.contains(assignor) {
            throw HeartbeatProblem(
                .unsupportedAssignor,
                "ServerAssignor \(assignor) is not supported. Supported assignors: uniform, range.")
        }
    }

    /// The member that sent this, known from now on, with its session renewed.
    private mutating func heardMember(
        _ request: ConsumerGroupHeartbeatRequest, _ call: Call
    ) throws(HeartbeatProblem) -> String {
        let id = request.groupId
        guard var consumers = groups[id]?.consumers else { throw HeartbeatProblem(.groupIdNotFound) }
        let name = request.memberId.isEmpty ? random.uuid().description : request.memberId
        var isChanged = false
        if request.memberEpoch == 0 {
            if let instance = request.instanceId, let old = consumers.member(instance: instance), old != name {
                guard consumers.members[old]?.epoch == -2 else {
                    throw HeartbeatProblem(
                        .unreleasedInstanceId,
                        "Static member \(name) with instance id \(instance) cannot join the group because the instance id "
                            + "is owned by \(old) member.")
                }
                consumers.members[old] = nil
            }
            if consumers.members[name] == nil { isChanged = true }
            var member = consumers.members[name] ?? ConsumerMember(id: name)
            member.epoch = 0
            member.assigned = []
            member.revoking = []
            consumers.members[name] = member
        } else {
            try checkInstance(request.instanceId, of: name, in: consumers)
            guard let member = consumers.members[name] else {
                throw HeartbeatProblem(.unknownMemberId, "Member \(name) is not a member of group \(id).")
            }
            let isRetry = request.memberEpoch == member.previousEpoch && request.topicPartitions != nil
            guard request.memberEpoch == member.epoch || isRetry else {
                throw HeartbeatProblem(
                    .fencedMemberEpoch,
                    "The consumer group member has a \(request.memberEpoch > member.epoch ? "greater" : "smaller") "
                        + "member epoch (\(request.memberEpoch)) than the one known by the group coordinator "
                        + "(\(member.epoch)). The member must abandon all its partitions and rejoin.")
            }
        }
        consumers.members[name]?.clientID = call.clientID
        if let instance = request.instanceId { consumers.members[name]?.instanceID = instance }
        if let rack = request.rackId { consumers.members[name]?.rackID = rack }
        if let assignor = request.serverAssignor, assignor != consumers.assignor {
            consumers.assignor = assignor
            isChanged = true
        }
        if let topics = request.subscribedTopicNames, topics != consumers.members[name]?.topics {
            consumers.members[name]?.topics = topics
            isChanged = true
        }
        let topics = image.topics
        consumers.retarget(membersChanged: isChanged) { topics[$0]?.partitions.count ?? 0 }
        let hadSession = consumers.members[name]?.deadline ?? .zero > now
        consumers.members[name]?.deadline = now + Self.consumerSession
        groups[id]?.consumers = consumers
        if !hadSession { queue.add(.memberExpires(group: id, member: name), at: now + Self.consumerSession) }
        return name
    }

    /// Whether a static member is the one that has its instance's place.
    private func checkInstance(
        _ instance: String?, of name: String, in consumers: ConsumerMembership
    ) throws(HeartbeatProblem) {
        guard let instance else { return }
        guard let owner = consumers.member(instance: instance) else {
            throw HeartbeatProblem(.unknownMemberId, "Instance id \(instance) is unknown.")
        }
        guard owner == name else {
            throw HeartbeatProblem(
                .fencedInstanceId,
                "Static member \(name) with instance id \(instance) was fenced by member \(owner).")
        }
    }

    private mutating func leaveConsumers(
        _ request: ConsumerGroupHeartbeatRequest
    ) throws(HeartbeatProblem) -> ConsumerGroupHeartbeatResponse {
        let id = request.groupId
        try checkInstance(request.instanceId, of: request.memberId, in: groups[id]?.consumers ?? .init())
        guard groups[id]?.consumers.members[request.memberId] != nil else {
            throw HeartbeatProblem(.unknownMemberId, "Member \(request.memberId) is not a member of group \(id).")
        }
        if request.memberEpoch == -2 {
            groups[id]?.consumers.members[request.memberId]?.epoch = -2
        } else {
            removeConsumer(request.memberId, from: id)
        }
        return ConsumerGroupHeartbeatResponse(
            errorMessage: nil, memberId: request.memberId, memberEpoch: request.memberEpoch)
    }

    /// An administrator removes a member.
    mutating func leaveConsumers(_ member: String, _ instance: String?, _ id: String) -> KafkaErrorCode? {
        var leaving = member
        if let instance {
            guard let known = groups[id]?.consumers.member(instance: instance) else { return .unknownMemberId }
            if !member.isEmpty, member != known { return .fencedInstanceId }
            leaving = known
        }
        guard groups[id]?.consumers.members[leaving] != nil else { return .unknownMemberId }
        removeConsumer(leaving, from: id)
        return nil
    }

    private mutating func removeConsumer(_ member: String, from id: String) {
        groups[id]?.consumers.members[member] = nil
        let topics = image.topics
        groups[id]?.consumers.retarget(membersChanged: true) { topics[$0]?.partitions.count ?? 0 }
    }

    mutating func consumerExpires(_ id: String, _ member: String) {
        guard let deadline = groups[id]?.consumers.members[member]?.deadline else { return }
        if deadline > now { return queue.add(.memberExpires(group: id, member: member), at: deadline) }
        removeConsumer(member, from: id)
    }

    // MARK: Partitions by topic

    private func partitions(named asked: [ConsumerGroupHeartbeatRequest.TopicPartitions]) -> Set<PartitionKey> {
        var keys: Set<PartitionKey> = []
        for topic in asked {
            guard let name = image.topicNames[topic.topicId] else { continue }
            for partition in topic.partitions { keys.insert(PartitionKey(name, Int(partition))) }
        }
        return keys
    }

    func byTopic(
        _ keys: Set<PartitionKey>
    ) -> [(id: KafkaUUID, name: String, partitions: [Int32])] {
        Dictionary(grouping: keys, by: \.topic).sorted { $0.key < $1.key }.compactMap { name, keys in
            image.topics[name].map { ($0.id, name, keys.map { Int32(clamping: $0.partition) }.sorted()) }
        }
    }

    // MARK: Describing

    func consumerGroupDescribe(
        _ request: ConsumerGroupDescribeRequest, _ call: Call
    ) -> ConsumerGroupDescribeResponse {
        ConsumerGroupDescribeResponse(
            groups: request.groupIds.map { id in
                var result = ConsumerGroupDescribeResponse.Group(groupId: id)
                if !hasConsumerProtocol {
                    result.errorCode = .unsupportedVersion
                } else if !allows(.describe, .group, id) {
                    result.errorCode = .groupAuthorizationFailed
                } else if let code = coordinatorProblem(id, call) {
                    result.errorCode = code
                } else if let group = groups[id], group.kind == .consumer {
                    describe(group, &result, request, call)
                } else {
                    result.errorCode = .groupIdNotFound
                    result.errorMessage =
                        groups[id] == nil ? "Group \(id) not found." : "Group \(id) is not a consumer group."
                }
                return result
            })
    }

    private func describe(
        _ group: GroupState, _ result: inout ConsumerGroupDescribeResponse.Group,
        _ request: ConsumerGroupDescribeRequest, _ call: Call
    ) {
        let consumers = group.consumers
        result.groupState = group.stateName
        result.groupEpoch = consumers.epoch
        result.assignmentEpoch = consumers.epoch
        result.assignorName = consumers.assignor
        if request.includeAuthorizedOperations {
            result.authorizedOperations = groupOperations(group.id, call)
        }
        func assignment(_ keys: Set<PartitionKey>) -> ConsumerGroupDescribeResponse.Assignment {
            .init(
                topicPartitions: byTopic(keys).map {
                    .init(topicId: $0.id, topicName: $0.name, partitions: $0.partitions)
                })
        }
        result.members = consumers.members.values.sorted { $0.id < $1.id }.map { member in
            ConsumerGroupDescribeResponse.Member(
                memberId: member.id, instanceId: member.instanceID, rackId: member.rackID,
                memberEpoch: member.epoch, clientId: member.clientID, clientHost: ClientSession.host,
                subscribedTopicNames: member.topics, subscribedTopicRegex: "", assignment: assignment(member.assigned),
                targetAssignment: assignment(consumers.target[member.id] ?? []),
                memberType: call.version >= 1 ? 1 : -1)
        }
    }
}
