package import KafkaWire

/// More partitions for a topic.
package struct NewPartitions: Sendable, Hashable {
    package var topic: String
    /// How many it is to have in all: sent again after it was done, it is refused (INVALID_PARTITIONS).
    package var count: Int32
    /// The replicas of each new partition; nil: the controller chooses.
    package var assignments: [[Int32]]?

    package init(topic: String, count: Int32, assignments: [[Int32]]? = nil) {
        self.topic = topic
        self.count = count
        self.assignments = assignments
    }
}

/// The log directory that a replica is to be in, on its broker.
package struct ReplicaPlacement: Sendable, Hashable {
    package var broker: Int32
    package var partition: TopicPartition
    package var path: String

    package init(broker: Int32, partition: TopicPartition, path: String) {
        self.broker = broker
        self.partition = partition
        self.path = path
    }
}

/// A voter of the quorum of controllers, as it is to be added.
package struct RaftVoter: Sendable, Hashable {
    package struct Listener: Sendable, Hashable {
        package var name: String
        package var host: String
        package var port: UInt16

        package init(name: String, host: String, port: UInt16) {
            self.name = name
            self.host = host
            self.port = port
        }
    }

    package var id: Int32
    /// From `meta.properties`, or from the quorum's list of observers.
    package var directoryID: KafkaUUID
    package var listeners: [Listener]

    package init(id: Int32, directoryID: KafkaUUID, listeners: [Listener] = []) {
        self.id = id
        self.directoryID = directoryID
        self.listeners = listeners
    }
}
