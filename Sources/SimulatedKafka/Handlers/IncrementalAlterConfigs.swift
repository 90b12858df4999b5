import KafkaWire

// IncrementalAlterConfigs (44). Topics and the default of all brokers from anywhere; a broker's own from that broker, or
// from the active controller. Each resource succeeds or fails by itself and whole.
//
// Behaviour: 0 set, 1 delete, 2 append, 3 subtract (the last two on lists only); a key of a broker that nobody knows is
// taken; one that needs a restart is not. Changes are in force at once.

extension ClusterModel {
    private struct AlterProblem: Error {
        let code: KafkaErrorCode
        let message: String?

        init(_ code: KafkaErrorCode, _ message: String?) {
            self.code = code
            self.message = message
        }
    }

    private typealias Change = (name: String, value: String?)

    mutating func incrementalAlterConfigs(
        _ request: IncrementalAlterConfigsRequest, _ call: Call
    ) -> IncrementalAlterConfigsResponse {
        var counts: [String: Int] = [:]
        for resource in request.resources {
            counts["\(resource.resourceType) \(resource.resourceName)", default: 0] += 1
        }
        var response = IncrementalAlterConfigsResponse()
        for resource in request.resources {
            var result = IncrementalAlterConfigsResponse.Result(
                errorMessage: nil, resourceType: resource.resourceType, resourceName: resource.resourceName)
            do throws(AlterProblem) {
                if call.listener == .controller, activeController != call.node {
                    throw AlterProblem(.notController, "This is not the active controller.")
                }
                if counts["\(resource.resourceType) \(resource.resourceName)"] ?? 0 > 1 {
                    throw AlterProblem(.invalidRequest, "Each resource must appear at most once.")
                }
                try checkAccess(resource, call)
                let changes = try planAlter(resource, call)
                if !request.validateOnly { applyAlter(resource, changes, call) }
            } catch {
                result.errorCode = error.code
                result.errorMessage = error.message
            }
            response.responses.append(result)
        }
        return response
    }

    // MARK: Checking

    private func checkAccess(
        _ resource: IncrementalAlterConfigsRequest.Resource, _ call: Call
    ) throws(AlterProblem) {
        if resource.resourceType == 32, !call.release.hasGroupConfigs {
            throw AlterProblem(.invalidRequest, "Unknown resource type 32")
        }
        let code: KafkaErrorCode? =
            switch resource.resourceType {
            case 2: allows(.alterConfigs, .topic, resource.resourceName) ? nil : .topicAuthorizationFailed
            case 32: allows(.alterConfigs, .group, resource.resourceName) ? nil : .groupAuthorizationFailed
            default: allowsOnCluster(.alterConfigs) ? nil : .clusterAuthorizationFailed
            }
        if let code { throw AlterProblem(code, KafkaWords.text(code)) }
    }

    private func planAlter(
        _ resource: IncrementalAlterConfigsRequest.Resource, _ call: Call
    ) throws(AlterProblem) -> [Change] {
        let names = resource.configs.map(\.name)
        guard Set(names).count == names.count else {
            throw AlterProblem(.invalidRequest, "Error due to duplicate config keys")
        }
        for config in resource.configs where config.configOperation != 1 && config.value == nil {
            throw AlterProblem(.invalidRequest, "Null value not supported for : \(config.name)")
        }
        switch resource.resourceType {
        case 2: return try planTopicAlter(resource)
        case 4: return try planBrokerAlter(resource, call)
        case 8: return []
        case 16: return try planClientMetricsAlter(resource, call)
        case 32: return try planGroupAlter(resource, call)
        default: throw AlterProblem(.invalidRequest, "Unknown resource type \(resource.resourceType)")
        }
    }

    private func planTopicAlter(_ resource: IncrementalAlterConfigsRequest.Resource) throws(AlterProblem) -> [Change] {
        let name = resource.resourceName
        if name.isEmpty { throw AlterProblem(.invalidRequest, "Default topic resources are not allowed.") }
        guard let topic = image.topics[name] else {
            throw AlterProblem(.unknownTopicOrPartition, "The topic '\(name)' does not exist.")
        }
        var changes: [Change] = []
        for config in resource.configs {
            guard let definition = ConfigTable.topicByName[config.name] else {
                throw AlterProblem(.invalidConfig, "Unknown topic config name: \(config.name)")
            }
            let old = topic.configs[config.name] ?? definition.defaultValue ?? ""
            let value = try newValue(config, old, isList: definition.kind == .list, .invalidConfig)
            if let value, let problem = definition.problem(with: value) { throw AlterProblem(.invalidConfig, problem) }
            changes.append((config.name, value))
        }
        return changes
    }

    private func planBrokerAlter(
        _ resource: IncrementalAlterConfigsRequest.Resource, _ call: Call
    ) throws(AlterProblem) -> [Change] {
        let name = resource.resourceName
        if !name.isEmpty {
            guard let id = Int32(name) else {
                throw AlterProblem(.invalidRequest, "Node id must be an integer, but it is: \(name)")
            }
            guard id == call.node || call.listener == .controller else {
                throw AlterProblem(.invalidRequest, "Unexpected broker id, expected \(call.node), but received \(id)")
            }
        }
        var changes: [Change] = []
        for config in resource.configs {
            let definition = ConfigTable.brokerByName[config.name]
            if let definition, !definition.isDynamic {
                let names = call.release.hasNewWording ? "[\(config.name)]" : "Set(\(config.name))"
                throw AlterProblem(.invalidRequest, "Cannot update these configs dynamically: \(names)")
            }
            try checkMinInsync(config, name)
            let old = image.brokerConfigs[name]?[config.name] ?? definition?.defaultValue ?? ""
            let value = try newValue(config, old, isList: definition?.kind == .list, .invalidConfig)
            if let value, let problem = definition?.problem(with: value) {
                throw AlterProblem(.invalidRequest, problem)
            }
            changes.append((config.name, value))
        }
        return changes
    }

    /// With eligible leader replicas there is one `min.insync.replicas` for the cluster (KIP-966).
    private func checkMinInsync(
        _ config: IncrementalAlterConfigsRequest.Config, _ broker: String
    ) throws(AlterProblem) {
        guard image.usesELR, config.name == "min.insync.replicas" else { return }
        if !broker.isEmpty {
            throw AlterProblem(
                .invalidConfig, "Broker-level min.insync.replicas cannot be altered while ELR is enabled.")
        }
        if config.configOperation == 1 {
            throw AlterProblem(
                .invalidConfig, "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.")
        }
    }

    private func planClientMetricsAlter(
        _ resource: IncrementalAlterConfigsRequest.Resource, _ call: Call
    ) throws(AlterProblem) -> [Change] {
        let name = resource.resourceName
        if name.isEmpty { throw AlterProblem(.invalidRequest, "Subscription name can't be empty") }
        var changes: [Change] = []
        for config in resource.configs {
            guard let key = ClientMetricsConfigTable.keys.first(where: { $0.name == config.name }) else {
                throw AlterProblem(.invalidRequest, "Unknown client metrics configuration: \(config.name)")
            }
            let old = image.clientMetrics[name]?[config.name] ?? ""
            let value = try newValue(config, old, isList: key.kind == .list, .invalidConfig)
            if let value, config.name == "interval.ms" {
                guard let number = Int32(value) else {
                    guard call.release.hasGroupConfigs else { throw AlterProblem(.unknownServerError, nil) }
                    throw AlterProblem(
                        .invalidConfig, "Invalid value \(value) for configuration interval.ms: Not a number of type INT"
                    )
                }
                guard ClientMetricsConfigTable.interval.contains(Int(number)) else {
                    throw AlterProblem(
                        .invalidRequest,
                        "Invalid value \(value) for interval.ms, interval must be between 100 and 3600000 (1 hour)")
                }
            }
            if let value, config.name == "match", !ClientMetricsConfigTable.isMatch(value) {
                throw AlterProblem(.invalidConfig, "Illegal client matching pattern: \(value)")
            }
            changes.append((config.name, value))
        }
        return changes
    }

    private func planGroupAlter(
        _ resource: IncrementalAlterConfigsRequest.Resource, _ call: Call
    ) throws(AlterProblem) -> [Change] {
        let name = resource.resourceName
        if name.isEmpty { throw AlterProblem(.invalidRequest, "Default group resources are not allowed.") }
        var changes: [Change] = []
        for config in resource.configs {
            guard let key = GroupConfigTable.byName[config.name], call.release.has(key) else {
                throw AlterProblem(.invalidConfig, "Unknown group config name: \(config.name)")
            }
            let old = image.groupConfigs[name]?[config.name] ?? key.definition.defaultValue ?? ""
            let value = try newValue(config, old, isList: key.definition.kind == .list, .invalidConfig)
            if let value, let problem = key.problem(with: value) { throw AlterProblem(.invalidConfig, problem) }
            changes.append((config.name, value))
        }
        return changes
    }

    private func newValue(
        _ config: IncrementalAlterConfigsRequest.Config, _ old: String, isList: Bool, _ code: KafkaErrorCode
    ) throws(AlterProblem) -> String? {
        let value = config.value ?? ""
        let items = old.split(separator: ",").map(String.init)
        let changed = value.split(separator: ",").map(String.init)
        switch config.configOperation {
        case 0: return value
        case 1: return nil
        case 2, 3:
            guard isList else {
                let verb = config.configOperation == 2 ? "APPEND" : "SUBTRACT"
                throw AlterProblem(code, "Can't \(verb) to key \(config.name) because its type is not LIST.")
            }
            if config.configOperation == 3 { return items.filter { !changed.contains($0) }.joined(separator: ",") }
            return (items + changed.filter { !items.contains($0) }).joined(separator: ",")
        default: throw AlterProblem(.unknownServerError, nil)
        }
    }

    // MARK: Applying

    private mutating func applyAlter(
        _ resource: IncrementalAlterConfigsRequest.Resource, _ changes: [Change], _ call: Call
    ) {
        let name = resource.resourceName
        let isTopic = resource.resourceType == 2
        let label =
            switch resource.resourceType {
            case 2: "topic \(name)"
            case 16: "client metrics \(name)"
            case 32: "group \(name)"
            default: "broker \(name.isEmpty ? "default" : name)"
            }
        for (key, value) in changes {
            switch resource.resourceType {
            case 2: image.topics[name]?.configs[key] = value
            case 16:
                image.clientMetrics[name, default: [:]][key] = value
                if image.clientMetrics[name]?.isEmpty == true { image.clientMetrics[name] = nil }
            case 32:
                image.groupConfigs[name, default: [:]][key] = value
                if image.groupConfigs[name]?.isEmpty == true { image.groupConfigs[name] = nil }
            default: image.brokerConfigs[name, default: [:]][key] = value
            }
            commit()
            record(.configAltered(resource: label, name: key, value: value), on: call.node)
        }
        let keys = changes.map(\.name)
        if keys.contains("min.insync.replicas") {
            for topic in isTopic ? [name] : Array(image.topics.keys) { settleLogs(of: topic) }
        }
        if keys.contains(where: { $0.contains("replication.throttled") }) { resumeRecoveries() }
    }
}
