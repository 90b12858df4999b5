import KafkaWire

extension LiveClusterOperator {
    package func deleteGroups(_ ids: [String]) async throws(KafkaError) -> [ItemResult<String, Void>] {
        let call = timed
        return await call.groups.results(for: ids, .deleteGroups) { node, keys throws(KafkaError) in
            let answer = try await call.write(DeleteGroupsRequest(groupsNames: keys), to: node)
            var found: [String: Result<Void, KafkaError>] = [:]
            for result in answer.results where found[result.groupId] == nil {
                found[result.groupId] =
                    result.errorCode.isError
                    ? .failure(.answered(result.errorCode, api: .deleteGroups, about: result.groupId))
                    : .success(())
            }
            return found
        }
    }

    package func deleteOffsets(
        _ partitions: [TopicPartition], of group: String
    ) async throws(KafkaError) -> [ItemResult<TopicPartition, Void>] {
        let request = OffsetDeleteRequest(
            groupId: group,
            topics: partitions.groupedByTopic.map { topic, indexes in
                .init(name: topic, partitions: indexes.map { .init(partitionIndex: $0) })
            })
        let call = timed
        let settled = try await call.groups.result(for: group, .offsetDelete) { node throws(KafkaError) in
            let answer = try await call.write(request, to: node)
            try check(answer.errorCode, nil, .offsetDelete, group)
            return answer
        }
        return results(
            for: partitions, .offsetDelete, .write, doubt: settled.doubt,
            settled.answer.topics.flatMap { topic in
                topic.partitions.map { (TopicPartition(topic.name, $0.partitionIndex), $0.errorCode, nil) }
            })
    }

    package func commitOffsets(
        _ offsets: [(partition: TopicPartition, offset: CommittedOffset)], of group: String
    ) async throws(KafkaError) -> [ItemResult<TopicPartition, Void>] {
        try refuseRepeats(of: offsets.map(\.partition), .offsetCommit)
        var byPartition: [TopicPartition: CommittedOffset] = [:]
        for item in offsets { byPartition[item.partition] = item.offset }
        let partitions = byPartition.keys.sorted()
        let topics = partitions.groupedByTopic.map { topic, indexes in
            OffsetCommitRequest.Topic(
                name: topic,
                partitions: indexes.compactMap { index in
                    byPartition[TopicPartition(topic, index)].map {
                        OffsetCommitRequest.Partition(
                            partitionIndex: index, committedOffset: $0.offset, committedLeaderEpoch: $0.leaderEpoch,
                            committedMetadata: $0.metadata)
                    }
                })
        }
        // Generation -1 and no member: on behalf of a group that nobody is in.
        let request = OffsetCommitRequest(groupId: group, topics: topics)
        let call = timed
        let settled = try await call.groups.result(for: group, .offsetCommit) { node throws(KafkaError) in
            let answer = try await call.write(request, to: node)
            // There is no error of the whole: a coordinator that is none says so of every partition.
            let codes = answer.topics.flatMap { $0.partitions.map(\.errorCode) }
            if let first = codes.first, codes.allSatisfy(\.isCoordinatorMoving) {
                throw .answered(first, api: .offsetCommit, about: group)
            }
            return answer
        }
        return results(
            for: offsets.map(\.partition), .offsetCommit, .write, doubt: settled.doubt,
            settled.answer.topics.flatMap { topic in
                topic.partitions.map { (TopicPartition(topic.name, $0.partitionIndex), $0.errorCode, nil) }
            })
    }

    package func removeMembers(
        _ members: [GroupMemberName], of group: String, reason: String?
    ) async throws(KafkaError) -> [ItemResult<GroupMemberName, Void>] {
        let request = LeaveGroupRequest(
            groupId: group,
            members: members.map {
                switch $0 {
                case .member(let id): .init(memberId: id, reason: reason)
                // An empty member id: whoever it is at the moment.
                case .instance(let id): .init(memberId: "", groupInstanceId: id, reason: reason)
                }
            })
        let call = timed
        let settled = try await call.groups.result(for: group, .leaveGroup) { node throws(KafkaError) in
            let answer = try await call.write(request, to: node)
            try check(answer.errorCode, nil, .leaveGroup, group)
            return answer
        }
        return results(
            for: members, .leaveGroup, .write, doubt: settled.doubt,
            settled.answer.members.flatMap {
                member -> [(item: GroupMemberName, code: KafkaErrorCode, message: String?)] in
                // An answer may name a static member by both.
                let instance = member.groupInstanceId.map { GroupMemberName.instance(id: $0) }
                return [(.member(id: member.memberId), member.errorCode, nil)]
                    + (instance.map { [($0, member.errorCode, nil)] } ?? [])
            })
    }
}
