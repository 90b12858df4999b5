import KafkaWire

// StreamsGroupDescribe (89). To the group's coordinator.

extension ClusterModel {
    func streamsGroupDescribe(_ request: StreamsGroupDescribeRequest, _ call: Call) -> StreamsGroupDescribeResponse {
        StreamsGroupDescribeResponse(
            groups: request.groupIds.map { id in
                var result = StreamsGroupDescribeResponse.Group(groupId: id)
                if !hasStreamsGroups {
                    result.errorCode = .unsupportedVersion
                } else if !allows(.describe, .group, id) {
                    result.errorCode = .groupAuthorizationFailed
                } else if let code = coordinatorProblem(id, call) {
                    result.errorCode = code
                } else if let group = groups[id], group.kind == .streams {
                    describe(group, &result, request, call)
                } else {
                    result.errorCode = .groupIdNotFound
                    result.errorMessage = notOfKind(.streams, id)
                }
                return result
            })
    }

    private func describe(
        _ group: GroupState, _ result: inout StreamsGroupDescribeResponse.Group,
        _ request: StreamsGroupDescribeRequest, _ call: Call
    ) {
        let streams = group.streams
        guard streams.subscribedTopics.allSatisfy({ allows(.describe, .topic, $0) }) else {
            result.errorCode = .topicAuthorizationFailed
            result.errorMessage = KafkaWords.hiddenTopics
            return
        }
        result.groupState = group.stateName
        result.groupEpoch = streams.tasks.epoch
        result.assignmentEpoch = streams.tasks.epoch
        if request.includeAuthorizedOperations { result.authorizedOperations = groupOperations(group.id, call) }
        result.topology = streams.topology.map { topology in
            .init(epoch: topology.epoch, subtopologies: topology.subtopologies.map(described))
        }
        result.members = streams.tasks.members.values.sorted { $0.id < $1.id }.map { member in
            let details = streams.details[member.id] ?? .init()
            return .init(
                memberId: member.id, memberEpoch: member.epoch, instanceId: member.instanceID, rackId: member.rackID,
                clientId: member.clientID, clientHost: ClientSession.host, topologyEpoch: details.topologyEpoch,
                processId: details.processID, userEndpoint: details.endpoint, clientTags: details.tags,
                assignment: .init(activeTasks: tasks(member.assigned)),
                targetAssignment: .init(activeTasks: tasks(streams.tasks.target[member.id] ?? [])))
        }
    }

    /// The application's own topics with as many partitions as they were made with.
    private func described(
        _ part: StreamsGroupHeartbeatRequest.Subtopology
    ) -> StreamsGroupDescribeResponse.Subtopology {
        func counted(_ topics: [StreamsTopicInfo]) -> [StreamsTopicInfo] {
            topics.map { topic in
                var topic = topic
                if let count = image.topics[topic.name]?.partitions.count { topic.partitions = Int32(clamping: count) }
                return topic
            }
        }
        return .init(
            subtopologyId: part.subtopologyId, sourceTopics: part.sourceTopics,
            repartitionSinkTopics: part.repartitionSinkTopics, stateChangelogTopics: counted(part.stateChangelogTopics),
            repartitionSourceTopics: counted(part.repartitionSourceTopics))
    }
}
