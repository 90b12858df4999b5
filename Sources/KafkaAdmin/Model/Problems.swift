import KafkaWire

// Error codes and ids inside of answers as text, for those above who do not speak the protocol.

extension ClusterSnapshot.Topic {
    /// Why the broker does not describe the topic; nil when it does.
    package var problem: String? { error.map { "\($0.name): \($0.meaning)" } }

    /// The topic's id as Kafka's tools write it.
    package var idText: String { id.description }
}

extension LogDirectory {
    /// Why the directory is not in use; nil when it is.
    package var problem: String? { error.map { "\($0.name): \($0.meaning)" } }
}

extension KafkaError {
    /// The broker's error code as a number, when it answered with one.
    package var serverCodeNumber: Int16? { serverCode?.rawValue }
}

extension ClusterSnapshot.Topic {
    /// There is no topic of that name; one that may not be described is not this.
    package var isUnknown: Bool { error == .unknownTopicOrPartition }
}
