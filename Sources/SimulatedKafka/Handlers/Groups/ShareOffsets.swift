import KafkaWire

// DescribeShareGroupOffsets (90), AlterShareGroupOffsets (91), DeleteShareGroupOffsets (92). To the group's coordinator.
//
// Behaviour: positions can be changed while nobody is in the group; setting one makes the group. A partition where the group
// has not begun stands at -1. The preview of 4.1 answers a change without a word about any partition.
//
// Version notes: DescribeShareGroupOffsets v1 tells the lag.

extension ClusterModel {
    // MARK: Describing

    func describeShareGroupOffsets(
        _ request: DescribeShareGroupOffsetsRequest, _ call: Call
    ) -> DescribeShareGroupOffsetsResponse {
        DescribeShareGroupOffsetsResponse(
            groups: request.groups.map { asked in
                var result = DescribeShareGroupOffsetsResponse.Group(groupId: asked.groupId)
                func refuse(_ code: KafkaErrorCode, _ message: String?) {
                    result.errorCode = code
                    result.errorMessage = message
                }
                if !hasShareGroups {
                    refuse(.unsupportedVersion, nil)
                } else if !allows(.describe, .group, asked.groupId) {
                    refuse(.groupAuthorizationFailed, nil)
                } else if let code = coordinatorProblem(asked.groupId, call) {
                    refuse(code, KafkaWords.text(code))
                } else {
                    let positions = groups[asked.groupId]?.shares.positions ?? [:]
                    result.topics =
                        asked.topics.map { topics in topics.map { describe($0, positions, call) } }
                        ?? known(positions, call)
                }
                return result
            })
    }

    private func describe(
        _ asked: DescribeShareGroupOffsetsRequest.Topic, _ positions: [PartitionKey: SharePosition], _ call: Call
    ) -> DescribeShareGroupOffsetsResponse.Topic {
        let view = view(of: call.node)
        let mayDescribe = allows(.describe, .topic, asked.topicName)
        let topic = mayDescribe ? view.topics[asked.topicName] : nil
        return .init(
            topicName: asked.topicName, topicId: topic?.id ?? .zero,
            partitions: asked.partitions.map { index in
                guard mayDescribe else {
                    return refused(index, .topicAuthorizationFailed)
                }
                let key = PartitionKey(asked.topicName, Int(index))
                return answer(key, positions[key], call)
            })
    }

    private func refused(_ index: Int32, _ code: KafkaErrorCode) -> DescribeShareGroupOffsetsResponse.Partition {
        .init(
            partitionIndex: index, startOffset: -1, leaderEpoch: 0, errorCode: code,
            errorMessage: KafkaWords.text(code))
    }

    private func answer(
        _ key: PartitionKey, _ position: SharePosition?, _ call: Call
    ) -> DescribeShareGroupOffsetsResponse.Partition {
        var result = DescribeShareGroupOffsetsResponse.Partition(
            partitionIndex: Int32(clamping: key.partition), startOffset: position?.start ?? -1,
            leaderEpoch: position?.leaderEpoch ?? 0, errorMessage: nil)
        if call.version >= 1, let start = position?.start, start >= 0, let log = log(key) {
            let known = position?.flight.start ?? start
            let done = max(0, known - start) + Int64(position?.flight.doneBeyondStart ?? 0)
            result.lag = log.endOffset(at: now) - start - done
        }
        return result
    }

    private func known(
        _ positions: [PartitionKey: SharePosition], _ call: Call
    ) -> [DescribeShareGroupOffsetsResponse.Topic] {
        let view = view(of: call.node)
        return Dictionary(grouping: positions.keys, by: \.topic).sorted { $0.key < $1.key }.compactMap { name, keys in
            guard let topic = view.topics[name], allows(.describe, .topic, name) else { return nil }
            return .init(
                topicName: name, topicId: topic.id, partitions: keys.sorted().map { answer($0, positions[$0], call) })
        }
    }

    // MARK: Setting

    mutating func alterShareGroupOffsets(
        _ request: AlterShareGroupOffsetsRequest, _ call: Call
    ) -> AlterShareGroupOffsetsResponse {
        let id = request.groupId
        if let problem = changeProblem(id, .read, call) {
            return AlterShareGroupOffsetsResponse(errorCode: problem.code, errorMessage: problem.message)
        }
        if let group = groups[id], group.kind != .share {
            return AlterShareGroupOffsetsResponse(
                errorCode: .groupIdNotFound, errorMessage: notOfKind(.share, id))
        }
        if groups[id]?.shares.members.isEmpty == false {
            return AlterShareGroupOffsetsResponse(
                errorCode: .nonEmptyGroup, errorMessage: KafkaWords.text(.nonEmptyGroup))
        }
        _ = becomes(.share, id)
        createInternalTopic(Self.shareStateTopic)
        let view = view(of: call.node)
        var response = AlterShareGroupOffsetsResponse()
        for asked in request.topics {
            let topic = view.topics[asked.topicName]
            var answer = AlterShareGroupOffsetsResponse.Topic(topicName: asked.topicName, topicId: topic?.id ?? .zero)
            for partition in asked.partitions {
                let key = PartitionKey(asked.topicName, Int(partition.partitionIndex))
                var code = KafkaErrorCode.none
                if !allows(.read, .topic, asked.topicName) {
                    code = .topicAuthorizationFailed
                    answer.topicId = .zero
                } else if view.partition(key) == nil {
                    code = .unknownTopicOrPartition
                }
                if code == .none { setPosition(partition.startOffset, of: key, in: id) }
                answer.partitions.append(
                    .init(
                        partitionIndex: partition.partitionIndex, errorCode: code,
                        errorMessage: code.isError ? KafkaWords.text(code) : nil))
            }
            response.responses.append(answer)
        }
        if !call.release.tellsShareOffsetResults { response.responses = [] }
        return response
    }

    private mutating func setPosition(_ offset: Int64, of key: PartitionKey, in id: String) {
        var position = SharePosition()
        position.start = offset
        position.flight = ShareFlight(start: offset)
        groups[id]?.shares.positions[key] = position
    }

    /// What is wrong with a change as a whole.
    private func changeProblem(_ id: String, _ right: AccessOperation, _ call: Call) -> GroupProblem? {
        guard hasShareGroups else { return GroupProblem(.unsupportedVersion, KafkaWords.text(.unsupportedVersion)) }
        guard allows(right, .group, id) else {
            return GroupProblem(.groupAuthorizationFailed, KafkaWords.text(.groupAuthorizationFailed))
        }
        if id.isEmpty { return GroupProblem(.invalidGroupId, "The group id is invalid.") }
        return coordinatorProblem(id, call).map { GroupProblem($0, KafkaWords.text($0)) }
    }

    // MARK: Deleting

    mutating func deleteShareGroupOffsets(
        _ request: DeleteShareGroupOffsetsRequest, _ call: Call
    ) -> DeleteShareGroupOffsetsResponse {
        let id = request.groupId
        if let problem = changeProblem(id, .delete, call) {
            return DeleteShareGroupOffsetsResponse(errorCode: problem.code, errorMessage: problem.message)
        }
        guard let group = groups[id], group.kind == .share else {
            return DeleteShareGroupOffsetsResponse(
                errorCode: .groupIdNotFound, errorMessage: notOfKind(.share, id))
        }
        guard group.shares.members.isEmpty else {
            return DeleteShareGroupOffsetsResponse(
                errorCode: .nonEmptyGroup, errorMessage: KafkaWords.text(.nonEmptyGroup))
        }
        let view = view(of: call.node)
        var response = DeleteShareGroupOffsetsResponse()
        var deleted = 0
        for asked in request.topics {
            var answer = DeleteShareGroupOffsetsResponse.Topic(topicName: asked.topicName)
            let known = group.shares.positions.keys.filter { $0.topic == asked.topicName }
            if !allows(.read, .topic, asked.topicName) {
                answer.errorCode = .topicAuthorizationFailed
                answer.errorMessage = KafkaWords.text(.topicAuthorizationFailed)
            } else if let topic = view.topics[asked.topicName], !known.isEmpty {
                answer.topicId = topic.id
                for key in known { groups[id]?.shares.positions[key] = nil }
                deleted += known.count
            } else {
                answer.errorCode = .unknownTopicOrPartition
                answer.errorMessage =
                    view.topics[asked.topicName] == nil
                    ? KafkaWords.text(.unknownTopicOrPartition) : "There is no offset information to delete."
            }
            response.responses.append(answer)
        }
        if deleted > 0 { record(.offsetsDeleted(group: id, partitions: deleted), on: call.node) }
        return response
    }
}
