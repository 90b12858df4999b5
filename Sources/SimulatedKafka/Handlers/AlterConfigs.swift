import KafkaWire

// AlterConfigs (33), the old one: it replaces everything that was set on a resource. ListConfigResources (74).

extension ClusterModel {
    mutating func alterConfigs(_ request: AlterConfigsRequest, _ call: Call) -> AlterConfigsResponse {
        var response = AlterConfigsResponse()
        for resource in request.resources {
            var configs = resource.configs.map {
                IncrementalAlterConfigsRequest.Config(name: $0.name, configOperation: 0, value: $0.value)
            }
            let kept = Set(resource.configs.map(\.name))
            let known =
                switch resource.resourceType {
                case 2: image.topics[resource.resourceName]?.configs
                case 16: image.clientMetrics[resource.resourceName]
                case 32: image.groupConfigs[resource.resourceName]
                default: image.brokerConfigs[resource.resourceName]
                }
            for name in (known ?? [:]).keys.sorted() where !kept.contains(name) {
                configs.append(.init(name: name, configOperation: 1, value: nil))
            }
            let changed = incrementalAlterConfigs(
                IncrementalAlterConfigsRequest(
                    resources: [
                        .init(
                            resourceType: resource.resourceType, resourceName: resource.resourceName, configs: configs)
                    ], validateOnly: request.validateOnly), call)
            for result in changed.responses {
                response.responses.append(
                    .init(
                        errorCode: result.errorCode, errorMessage: result.errorMessage,
                        resourceType: result.resourceType, resourceName: result.resourceName))
            }
        }
        return response
    }

    private static let listedTypes: [Int8] = [32, 16, 8, 4, 2]

    /// Version notes: v0 lists client metrics alone.
    func listConfigResources(_ request: ListConfigResourcesRequest, _ call: Call) -> ListConfigResourcesResponse {
        guard allowsOnCluster(.describeConfigs) else {
            return ListConfigResourcesResponse(errorCode: .clusterAuthorizationFailed)
        }
        let view = view(of: call.node)
        let types = call.version == 0 ? [16] : request.resourceTypes.isEmpty ? Self.listedTypes : request.resourceTypes
        guard types.allSatisfy({ Self.listedTypes.contains($0) }) else {
            return ListConfigResourcesResponse(errorCode: .unsupportedVersion)
        }
        var response = ListConfigResourcesResponse()
        for type in Set(types).sorted() {
            let names: [String] =
                switch type {
                case 2: view.topics.keys.sorted()
                case 4, 8: view.unfencedBrokers.map { String($0.id) }
                case 16: view.clientMetrics.keys.sorted()
                default: view.groupConfigs.keys.sorted()
                }
            response.configResources += names.map { .init(resourceName: $0, resourceType: type) }
        }
        return response
    }
}
