package import KafkaWire

/// The API versions that one node said it speaks, on one connection: they differ between the nodes of a rolling upgrade,
/// so they are never carried over to another connection.
package struct VersionTable: Sendable, Hashable {
    private let ranges: [APIKey: ClosedRange<Int16>]

    package init(_ response: ApiVersionsResponse) {
        var ranges: [APIKey: ClosedRange<Int16>] = [:]
        // A peer may list a key twice, or a range upside down: the first sound entry counts.
        for entry in response.apiKeys where entry.minVersion <= entry.maxVersion && ranges[entry.apiKey] == nil {
            ranges[entry.apiKey] = entry.minVersion...entry.maxVersion
        }
        self.ranges = ranges
    }

    package func range(of api: APIKey) -> ClosedRange<Int16>? { ranges[api] }

    /// The highest version that both sides speak.
    package func choose(
        _ api: APIKey, client: ClosedRange<Int16>, address: String
    ) throws(KafkaError) -> Int16 {
        guard let broker = ranges[api] else {
            throw KafkaError(
                .unsupportedVersion, "The broker does not offer \(api)",
                nextAction: "The API came with a later release of Kafka, or this listener does not serve it.",
                api: api, address: address)
        }
        let chosen = min(client.upperBound, broker.upperBound)
        guard chosen >= max(client.lowerBound, broker.lowerBound) else {
            throw KafkaError(
                .unsupportedVersion,
                "The broker speaks versions \(broker.lowerBound) to \(broker.upperBound) of \(api) and opsrun "
                    + "\(client.lowerBound) to \(client.upperBound)",
                nextAction: chosen < broker.lowerBound ? "Use a newer opsrun." : "The broker is too old for this.",
                api: api, address: address)
        }
        return chosen
    }
}
