import KafkaWire

// DeleteTopics (20). Each topic succeeds or fails by itself; it is gone at once.
//
// Version notes: v6 takes ids; v5 adds messages.

extension ClusterModel {
    mutating func deleteTopics(_ request: DeleteTopicsRequest, _ call: Call) -> DeleteTopicsResponse {
        var response = DeleteTopicsResponse()
        let asked =
            call.version >= 6 ? request.topics : request.topicNames.map { DeleteTopicsRequest.Topic(name: $0) }
        for topic in asked { response.responses.append(delete(topic, call)) }
        response.throttleTimeMs = mutationDelay(call)
        return response
    }

    private mutating func delete(_ topic: DeleteTopicsRequest.Topic, _ call: Call) -> DeleteTopicsResponse.Result {
        if call.listener == .controller, activeController != call.node {
            return DeleteTopicsResponse.Result(name: topic.name, topicId: topic.topicId, errorCode: .notController)
        }
        if topic.topicId != .zero, topic.name != nil {
            return DeleteTopicsResponse.Result(
                name: topic.name, topicId: topic.topicId, errorCode: .invalidRequest,
                errorMessage: "You may not specify both topic name and topic id.")
        }
        guard let name = topic.name ?? image.topicNames[topic.topicId] else {
            return DeleteTopicsResponse.Result(
                name: nil, topicId: topic.topicId, errorCode: .unknownTopicId,
                errorMessage: "This server does not host this topic ID.")
        }
        guard let id = image.topics[name]?.id else {
            return DeleteTopicsResponse.Result(
                name: name, errorCode: .unknownTopicOrPartition,
                errorMessage: "This server does not host this topic-partition.")
        }
        guard allows(.delete, .topic, name) else {
            return DeleteTopicsResponse.Result(
                name: name, topicId: topic.topicId, errorCode: .topicAuthorizationFailed,
                errorMessage: KafkaWords.text(.topicAuthorizationFailed))
        }
        let count = image.topics[name]?.partitions.count ?? 0
        guard mayChange(partitions: count, isStrict: call.version >= 5, call) else {
            return DeleteTopicsResponse.Result(
                name: name, topicId: id, errorCode: .throttlingQuotaExceeded, errorMessage: nil)
        }
        deleteTopic(name)
        record(.topicDeleted(name), on: call.node)
        return DeleteTopicsResponse.Result(name: name, topicId: id)
    }
}
