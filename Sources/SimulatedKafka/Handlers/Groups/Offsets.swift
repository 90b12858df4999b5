import KafkaWire

// OffsetCommit (8), OffsetFetch (9), OffsetDelete (47). To the group's coordinator.
//
// Behaviour: without a member a commit needs a group that is empty or not there, which it then makes; with one, the member's
// generation. A topic that does not exist is an error of its partitions alone.
//
// Version notes: OffsetFetch v8 takes several groups, v9 members of the consumer protocol; OffsetCommit v10 and OffsetFetch
// v10 name topics by id.

extension ClusterModel {
    /// Brokers' `offset.metadata.max.bytes`.
    private static let metadataLimit = 4096

    // MARK: OffsetCommit

    mutating func offsetCommit(_ request: OffsetCommitRequest, _ call: Call) -> OffsetCommitResponse {
        let view = view(of: call.node)
        let whole = commitProblem(request, call)
        var accepted: [PartitionKey: CommittedOffset] = [:]
        var response = OffsetCommitResponse()
        for topic in request.topics {
            let name = topicName(topic.name, topic.topicId, byID: call.version >= 10, view)
            var answer = OffsetCommitResponse.Topic(name: topic.name, topicId: topic.topicId)
            for partition in topic.partitions {
                var code = whole ?? .none
                if whole != .groupAuthorizationFailed {
                    code = offsetProblem(name, partition.partitionIndex, view) ?? code
                }
                if code == .none, partition.committedMetadata?.utf8.count ?? 0 > Self.metadataLimit {
                    code = .offsetMetadataTooLarge
                }
                if code == .none, let name {
                    accepted[PartitionKey(name, Int(partition.partitionIndex))] = CommittedOffset(
                        offset: partition.committedOffset, leaderEpoch: partition.committedLeaderEpoch,
                        metadata: partition.committedMetadata ?? "")
                }
                answer.partitions.append(.init(partitionIndex: partition.partitionIndex, errorCode: code))
            }
            response.topics.append(answer)
        }
        guard whole == nil, !accepted.isEmpty else { return response }
        commit(accepted, to: request.groupId, on: call.node)
        if !request.memberId.isEmpty { renew(request.memberId, in: request.groupId) }
        return response
    }

    mutating func commit(_ offsets: [PartitionKey: CommittedOffset], to group: String, on node: Int32) {
        groups[group, default: GroupState(id: group)].offsets.merge(offsets) { $1 }
        logCommits(offsets, of: group, on: node)
        record(.offsetsCommitted(group: group, partitions: offsets.count), on: node)
    }

    /// What is wrong with a partition whose offset is committed.
    func offsetProblem(_ topic: String?, _ partition: Int32, _ view: MetadataImage) -> KafkaErrorCode? {
        guard let topic else { return .unknownTopicId }
        guard allows(.read, .topic, topic) else { return .topicAuthorizationFailed }
        return view.partition(PartitionKey(topic, Int(partition))) == nil ? .unknownTopicOrPartition : nil
    }

    private func commitProblem(_ request: OffsetCommitRequest, _ call: Call) -> KafkaErrorCode? {
        if !allows(.read, .group, request.groupId) { return .groupAuthorizationFailed }
        if let code = coordinatorProblem(request.groupId, call) { return code }
        guard let group = groups[request.groupId] else {
            if request.generationIdOrMemberEpoch < 0 { return nil }
            return call.version >= 9 && call.release.namesUnknownGroups ? .groupIdNotFound : .illegalGeneration
        }
        switch group.kind {
        case .classic: break
        case .consumer:
            return group.consumers.commitProblem(
                member: request.memberId, epoch: request.generationIdOrMemberEpoch, isAdministrator: group.isEmpty)
        case .streams:
            return group.streams.tasks.commitProblem(
                member: request.memberId, epoch: request.generationIdOrMemberEpoch, isAdministrator: group.isEmpty)
        // Its positions are not commits.
        case .share: return .groupIdNotFound
        }
        return group.commitProblem(
            member: request.memberId, instance: request.groupInstanceId,
            generation: request.generationIdOrMemberEpoch)
    }

    // MARK: OffsetFetch

    mutating func offsetFetch(_ request: OffsetFetchRequest, _ call: Call) -> OffsetFetchResponse {
        let view = view(of: call.node)
        guard call.version >= 8 else {
            let topics = request.topics?.map {
                OffsetFetchRequest.GroupTopic(name: $0.name, partitionIndexes: $0.partitionIndexes)
            }
            let answer = fetchOffsets(
                .init(groupId: request.groupId, topics: topics), request.requireStable, view, call)
            return oldAnswer(answer, request, call)
        }
        return OffsetFetchResponse(
            groups: request.groups.map { fetchOffsets($0, request.requireStable, view, call) })
    }

    private func oldAnswer(
        _ answer: OffsetFetchResponse.Group, _ request: OffsetFetchRequest, _ call: Call
    ) -> OffsetFetchResponse {
        var response = OffsetFetchResponse()
        if answer.errorCode.isError {
            if call.version >= 2 { response.errorCode = answer.errorCode }
            response.topics = (request.topics ?? []).map { topic in
                .init(
                    name: topic.name,
                    partitions: topic.partitionIndexes.map {
                        .init(partitionIndex: $0, committedOffset: -1, metadata: "", errorCode: answer.errorCode)
                    })
            }
            if call.version >= 2 { response.topics = [] }
            return response
        }
        response.topics = answer.topics.map { topic in
            .init(
                name: topic.name,
                partitions: topic.partitions.map {
                    .init(
                        partitionIndex: $0.partitionIndex, committedOffset: $0.committedOffset,
                        committedLeaderEpoch: $0.committedLeaderEpoch, metadata: $0.metadata, errorCode: $0.errorCode)
                })
        }
        return response
    }

    private func fetchOffsets(
        _ asked: OffsetFetchRequest.Group, _ needsStable: Bool, _ view: MetadataImage, _ call: Call
    ) -> OffsetFetchResponse.Group {
        var result = OffsetFetchResponse.Group(groupId: asked.groupId)
        if !allows(.describe, .group, asked.groupId) {
            result.errorCode = .groupAuthorizationFailed
            return result
        }
        if let code = coordinatorProblem(asked.groupId, call) {
            result.errorCode = code
            return result
        }
        let group = groups[asked.groupId]
        if call.version >= 9, let group, let code = group.fetchProblem(asked.memberId, asked.memberEpoch) {
            result.errorCode = code
            return result
        }
        let isByID = call.version >= 10
        if let topics = asked.topics {
            result.topics = topics.map { topic in
                let name = topicName(topic.name, topic.topicId, byID: isByID, view)
                return .init(
                    name: topic.name, topicId: topic.topicId,
                    partitions: topic.partitionIndexes.map { offset(of: name, $0, group, needsStable) })
            }
            return result
        }
        let all = Dictionary(grouping: (group?.offsets ?? [:]).keys, by: \.topic)
        for name in all.keys.sorted() where allows(.describe, .topic, name) {
            guard !isByID || view.topics[name] != nil else { continue }
            result.topics.append(
                .init(
                    name: name, topicId: view.topics[name]?.id ?? .zero,
                    partitions: (all[name] ?? []).sorted().map {
                        offset(of: name, Int32(clamping: $0.partition), group, needsStable)
                    }))
        }
        return result
    }

    private func offset(
        of topic: String?, _ partition: Int32, _ group: GroupState?, _ needsStable: Bool
    ) -> OffsetFetchResponse.GroupPartition {
        var result = OffsetFetchResponse.GroupPartition(partitionIndex: partition, committedOffset: -1, metadata: "")
        guard let topic else {
            result.errorCode = .unknownTopicId
            return result
        }
        guard allows(.describe, .topic, topic) else {
            result.errorCode = .topicAuthorizationFailed
            return result
        }
        let key = PartitionKey(topic, Int(partition))
        if needsStable, group?.hasPendingOffset(key) ?? false {
            result.errorCode = .unstableOffsetCommit
        } else if let known = group?.offsets[key] {
            result.committedOffset = known.offset
            result.committedLeaderEpoch = known.leaderEpoch
            result.metadata = known.metadata
        }
        return result
    }

    // MARK: OffsetDelete

    mutating func offsetDelete(_ request: OffsetDeleteRequest, _ call: Call) -> OffsetDeleteResponse {
        let id = request.groupId
        if let code = offsetDeleteProblem(id, call) { return OffsetDeleteResponse(errorCode: code) }
        let view = view(of: call.node)
        let subscribed = groups[id]?.subscribedTopics ?? []
        var deleted: [PartitionKey] = []
        var response = OffsetDeleteResponse()
        for topic in request.topics {
            var answer = OffsetDeleteResponse.Topic(name: topic.name)
            for partition in topic.partitions {
                var code = offsetProblem(topic.name, partition.partitionIndex, view) ?? .none
                if code == .none, subscribed.contains(topic.name) { code = .groupSubscribedToTopic }
                if code == .none {
                    let key = PartitionKey(topic.name, Int(partition.partitionIndex))
                    if groups[id]?.offsets.removeValue(forKey: key) != nil { deleted.append(key) }
                }
                answer.partitions.append(.init(partitionIndex: partition.partitionIndex, errorCode: code))
            }
            response.topics.append(answer)
        }
        guard !deleted.isEmpty else { return response }
        logCommits(
            Dictionary(deleted.map { ($0, nil) }, uniquingKeysWith: { first, _ in first }), of: id, on: call.node)
        record(.offsetsDeleted(group: id, partitions: deleted.count), on: call.node)
        return response
    }

    private func offsetDeleteProblem(_ id: String, _ call: Call) -> KafkaErrorCode? {
        if !allows(.delete, .group, id) { return .groupAuthorizationFailed }
        if let code = coordinatorProblem(id, call) { return code }
        guard let group = groups[id], group.kind != .share else { return .groupIdNotFound }
        return group.subscribedTopics == nil ? .nonEmptyGroup : nil
    }
}

extension GroupState {
    func commitProblem(member: String, instance: String?, generation: Int32) -> KafkaErrorCode? {
        if generation < 0, phase == .empty, member.isEmpty, instance == nil { return nil }
        guard generation >= 0 || !member.isEmpty || instance != nil else { return .unknownMemberId }
        if let code = problem(member: member, instance: instance) { return code }
        guard generation == self.generation else { return .illegalGeneration }
        return phase == .completing ? .rebalanceInProgress : nil
    }

    /// Only members of the consumer protocol say who they are when they fetch offsets.
    func fetchProblem(_ member: String?, _ epoch: Int32) -> KafkaErrorCode? {
        guard kind == .consumer || kind == .streams, let member, !member.isEmpty || epoch >= 0 else { return nil }
        let members = kind == .streams ? streams.tasks.members : consumers.members
        guard let known = members[member] else { return .unknownMemberId }
        return known.epoch == epoch ? nil : .staleMemberEpoch
    }
}
