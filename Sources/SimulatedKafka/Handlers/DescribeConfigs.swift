import KafkaWire

// DescribeConfigs (32). Topics and the default of all brokers from anywhere; a broker's own from that broker, else
// INVALID_REQUEST.
//
// Version notes: v1 adds sources and synonyms, v3 types.

extension ClusterModel {
    private enum ConfigResource {
        static let topic: Int8 = 2
        static let broker: Int8 = 4
        static let brokerLogger: Int8 = 8
        static let clientMetrics: Int8 = 16
        static let group: Int8 = 32
    }

    private struct ConfigProblem: Error {
        let code: KafkaErrorCode
        let message: String

        init(_ code: KafkaErrorCode, _ message: String) {
            self.code = code
            self.message = message
        }
    }

    func describeConfigs(_ request: DescribeConfigsRequest, _ call: Call) -> DescribeConfigsResponse {
        let view = view(of: call.node)
        return DescribeConfigsResponse(
            results: request.resources.map { resource in
                var result = DescribeConfigsResponse.Result(
                    errorMessage: "", resourceType: resource.resourceType, resourceName: resource.resourceName)
                do throws(ConfigProblem) {
                    let entries = try configEntries(resource, view, call)
                    // An empty list of keys means all, as null does, since a client cannot have meant none.
                    let keys = Set(resource.configurationKeys ?? [])
                    result.configs = entries.filter { keys.isEmpty || keys.contains($0.name) }.map {
                        describe($0, withSynonyms: request.includeSynonyms)
                    }
                } catch {
                    result.errorCode = error.code
                    result.errorMessage = error.message
                }
                return result
            })
    }

    private func configEntries(
        _ resource: DescribeConfigsRequest.Resource, _ view: MetadataImage, _ call: Call
    ) throws(ConfigProblem) -> [ConfigEntry] {
        let name = resource.resourceName
        let isTopic = resource.resourceType == ConfigResource.topic
        let isGroup = resource.resourceType == ConfigResource.group
        let isPermitted =
            isTopic
            ? allows(.describeConfigs, .topic, name)
            : isGroup ? allows(.describeConfigs, .group, name) : allowsOnCluster(.describeConfigs)
        guard isPermitted else {
            let code: KafkaErrorCode =
                isTopic ? .topicAuthorizationFailed : isGroup ? .groupAuthorizationFailed : .clusterAuthorizationFailed
            throw ConfigProblem(code, KafkaWords.text(code) ?? "")
        }
        switch resource.resourceType {
        case ConfigResource.topic:
            if let problem = topicNameProblem(name) { throw ConfigProblem(.invalidTopicException, problem) }
            guard let topic = view.topics[name] else { throw ConfigProblem(.unknownTopicOrPartition, "") }
            return topicConfigEntries(topic, view, asked: call.node)
        case ConfigResource.broker:
            if name.isEmpty { return defaultBrokerConfigEntries(view) }
            try checkBroker(name, call, also: " or empty string,")
            return brokerConfigEntries(view, of: call.node)
        case ConfigResource.brokerLogger:
            try checkBroker(name, call, also: "")
            return []
        case ConfigResource.clientMetrics: return clientMetricsEntries(name, view, call.release)
        case ConfigResource.group where call.release.hasGroupConfigs:
            return groupConfigEntries(name, view, call.release)
        default:
            throw ConfigProblem(
                .invalidRequest,
                "This most likely occurs because of a request being malformed by the client library or the message was "
                    + "sent to an incompatible broker. See the broker logs for more details.")
        }
    }

    private func checkBroker(_ name: String, _ call: Call, also: String) throws(ConfigProblem) {
        guard let id = Int32(name) else {
            throw ConfigProblem(.invalidRequest, "Broker id must be an integer, but it is: \(name)")
        }
        guard id == call.node else {
            throw ConfigProblem(
                .invalidRequest, "Unexpected broker id, expected \(call.node)\(also) but received \(id)")
        }
    }

    private func describe(_ entry: ConfigEntry, withSynonyms: Bool) -> DescribeConfigsResponse.Config {
        DescribeConfigsResponse.Config(
            name: entry.name, value: entry.isSensitive ? nil : entry.value, readOnly: entry.isReadOnly,
            configSource: entry.source.rawValue, isSensitive: entry.isSensitive,
            synonyms: withSynonyms
                ? entry.synonyms.map {
                    DescribeConfigsResponse.Synonym(
                        name: $0.name, value: entry.isSensitive ? nil : $0.value, source: $0.source.rawValue)
                } : [], configType: entry.kind, documentation: entry.documentation)
    }
}
