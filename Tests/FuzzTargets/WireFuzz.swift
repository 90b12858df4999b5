package import KafkaWire

extension FuzzTarget {
    /// The messages of a wire target.
    package var messages: [any KafkaMessage.Type]? {
        switch self {
        case .wireTopics: WireFamilies.topics
        case .wireConfigs: WireFamilies.configs
        case .wireGroups: WireFamilies.groups
        case .wireShareGroups: WireFamilies.shareGroups
        case .wireStreamsGroups: WireFamilies.streamsGroups
        case .wireTransactions: WireFamilies.transactions
        case .wireSecurity: WireFamilies.security
        case .wireRecords: WireFamilies.records
        case .wireCluster: WireFamilies.cluster
        default: nil
        }
    }
}

/// Bytes to messages.
enum WireFuzz {
    /// The first byte picks the message, the second its version.
    static func message(_ bytes: [UInt8], _ types: [any KafkaMessage.Type]) {
        guard bytes.count >= 2, !types.isEmpty else { return }
        let type = types[Int(bytes[0]) % types.count]
        read(type, bytes[1], Array(bytes.dropFirst(2)))
    }

    private static func read<Message: KafkaMessage>(_ type: Message.Type, _ number: UInt8, _ bytes: [UInt8]) {
        let version = type.versions.lowerBound + Int16(number) % Int16(type.versions.count)
        guard let (message, rest) = try? type.decode(bytes, version: version) else { return }
        require(rest >= 0 && rest <= bytes.count, "\(type) read more than there is")
        // What was read and can be written is read again as the same.
        guard let written = try? message.encoded(version: version) else { return }
        guard let (again, left) = try? type.decode(written, version: version) else {
            return require(false, "\(type) version \(version) cannot read what it wrote")
        }
        require(left == 0, "\(type) version \(version) leaves bytes of what it wrote")
        require((try? again.encoded(version: version)) == written, "\(type) version \(version) is not stable")
    }

    /// Metadata into columns: the first byte is not read, the second picks the version.
    static func flat(_ bytes: [UInt8]) {
        guard bytes.count >= 2 else { return }
        let body = Array(bytes.dropFirst(2))
        let versions = MetadataResponse.versions
        let version = versions.lowerBound + Int16(bytes[1]) % Int16(versions.count)
        let flat = try? FlatMetadata.decode(body, version: version)
        let nested = try? MetadataResponse.decode(body, version: version)
        require((flat == nil) == (nested == nil), "the two readers of Metadata disagree")
        guard let flat, let nested else { return }
        require(flat.rest == nested.rest, "the two readers of Metadata end at different bytes")
        require(flat.message.topics.count == nested.message.topics.count, "topics are missing")
        require(
            flat.message.partitions.count == nested.message.topics.reduce(0) { $0 + $1.partitions.count },
            "partitions are missing")
        for partition in flat.message.partitions {
            _ =
                flat.message.replicas(of: partition).count + flat.message.isr(of: partition).count
                + flat.message.offline(of: partition).count
        }
    }
}
