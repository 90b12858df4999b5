import KafkaWire

// Where replicas of new partitions go.

extension ClusterModel {
    /// Spreads replicas over brokers and racks as Kafka does: leaders take turns over the unfenced brokers, the other
    /// replicas go to other racks first, fenced brokers come last.
    func placeReplicas(partitions: Int, factor: Int, start: Int) -> [[Int32]] {
        let brokers = image.brokers.values.sorted { $0.id < $1.id }
        let unfenced = brokers.filter { !$0.isFenced }
        guard !unfenced.isEmpty, factor <= brokers.count else { return [] }
        return (0..<partitions).map { partition in
            let turn = start + partition
            let first = unfenced[turn % unfenced.count]
            var chosen = [first]
            // The distance from the leader changes after every round, so that followers mix.
            let shift = 1 + turn / max(1, unfenced.count) % max(1, brokers.count - 1)
            let base = (brokers.firstIndex { $0.id == first.id } ?? 0) + shift
            var others = (0..<brokers.count).map { brokers[(base + $0) % brokers.count] }.filter { $0.id != first.id }
            while chosen.count < factor, !others.isEmpty {
                let racks = Set(chosen.map(\.rack))
                let index =
                    others.firstIndex { !racks.contains($0.rack) && $0.rack != nil && !$0.isFenced }
                    ?? others.firstIndex { !racks.contains($0.rack) && $0.rack != nil }
                    ?? others.firstIndex { !$0.isFenced } ?? 0
                chosen.append(others.remove(at: index))
            }
            return chosen.map(\.id)
        }
    }

    /// Adds a topic whose replicas have been chosen. Fenced replicas start outside the ISR.
    mutating func createTopic(
        _ name: String, assignment: [[Int32]], configs: [String: String], bytes: Int64 = 0, rate: Double
    ) {
        let id = random.uuid()
        image.topics[name] = TopicImage(
            id: id, isInternal: Self.internalTopics.contains(name), configs: configs, partitions: [])
        image.topicNames[id] = name
        commit()
        logs[id] = []
        addPartitions(name, assignment, bytes: bytes, rate: rate)
    }

    mutating func addPartitions(_ name: String, _ assignment: [[Int32]], bytes: Int64 = 0, rate: Double) {
        guard let id = image.topics[name]?.id else { return }
        for replicas in assignment {
            let active = replicas.filter { image.isActive($0) }
            let partition = PartitionImage(
                replicas: replicas, isr: active.isEmpty ? replicas : active, leader: active.first ?? -1)
            image.topics[name]?.partitions.append(partition)
            var log = PartitionLog(end: bytes, rate: rate, isWritable: isWritable(partition, name), at: now)
            for replica in replicas where !partition.isr.contains(replica) { log.addEmptyReplica(replica) }
            logs[id, default: []].append(log)
            commit()
        }
    }

    mutating func deleteTopic(_ name: String) {
        guard let topic = image.topics.removeValue(forKey: name) else { return }
        image.topicNames[topic.id] = nil
        forgetOffsets(of: name)
        retainedBytes -= logs[topic.id]?.reduce(0) { $0 + $1.records.heldBytes } ?? 0
        logs[topic.id] = nil
        commit()
    }

    /// A cluster that starts to use eligible leader replicas needs one `min.insync.replicas` that the controller knows.
    mutating func materializeMinInsyncReplicas() {
        guard image.brokerConfigs[""]?["min.insync.replicas"] == nil else { return }
        image.brokerConfigs["", default: [:]]["min.insync.replicas"] = String(configuration.minInsyncReplicas)
        commit()
    }
}
