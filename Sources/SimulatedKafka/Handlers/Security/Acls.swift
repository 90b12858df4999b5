import KafkaWire

// DescribeAcls (29), CreateAcls (30), DeleteAcls (31). Brokers and controllers.
//
// Behaviour: without an authorizer everything is SECURITY_DISABLED. Each entry, or filter, succeeds or fails by itself.

extension ClusterModel {
    /// Numbers that filters and entries may have; 0 is unknown everywhere.
    private enum Known {
        static let resources: ClosedRange<Int8> = 1...7
        static let patterns: ClosedRange<Int8> = 1...4
        static let operations: ClosedRange<Int8> = 1...15
        static let permissions: ClosedRange<Int8> = 1...3
        static let any: Int8 = 1
        static let match: Int8 = 2
        static let literal: Int8 = 3
        static let prefixed: Int8 = 4
    }

    /// What a filter asks for; nil is anything.
    private struct RuleFilter {
        var resourceType: Int8
        var name: String?
        var patternType: Int8
        var principal: String?
        var host: String?
        var operation: Int8
        var permission: Int8

        var isKnown: Bool {
            Known.resources.contains(resourceType) && Known.patterns.contains(patternType)
                && Known.operations.contains(operation) && Known.permissions.contains(permission)
        }

        func matches(_ rule: AccessRule) -> Bool {
            (resourceType == Known.any || resourceType == rule.resourceType) && matchesName(rule)
                && (principal == nil || principal == rule.principal) && (host == nil || host == rule.host)
                && (operation == Known.any || operation == rule.operation)
                && (permission == Known.any || permission == rule.permission)
        }

        private func matchesName(_ rule: AccessRule) -> Bool {
            switch patternType {
            case Known.any: return name == nil || name == rule.resourceName
            case Known.match:
                guard let name else { return true }
                return rule.patternType == Known.prefixed
                    ? name.hasPrefix(rule.resourceName) : rule.resourceName == name || rule.resourceName == "*"
            default: return patternType == rule.patternType && (name == nil || name == rule.resourceName)
            }
        }
    }

    private func sortedRules(_ filter: RuleFilter) -> [AccessRule] {
        image.acls.filter { filter.matches($0) }.sorted {
            ($0.resourceType, $0.resourceName, $0.patternType, $0.principal)
                < ($1.resourceType, $1.resourceName, $1.patternType, $1.principal)
                || (($0.resourceType, $0.resourceName, $0.patternType, $0.principal)
                    == ($1.resourceType, $1.resourceName, $1.patternType, $1.principal)
                    && ($0.host, $0.operation, $0.permission) < ($1.host, $1.operation, $1.permission))
        }
    }

    private var disabledMessage: String { "No Authorizer is configured." }

    // MARK: DescribeAcls

    func describeAcls(_ request: DescribeAclsRequest, _ call: Call) -> DescribeAclsResponse {
        guard configuration.hasAuthorizer else {
            return DescribeAclsResponse(errorCode: .securityDisabled, errorMessage: "No Authorizer is configured.")
        }
        guard allowsOnCluster(.describe) else {
            return DescribeAclsResponse(
                errorCode: .clusterAuthorizationFailed, errorMessage: KafkaWords.notAuthorized)
        }
        let filter = RuleFilter(
            resourceType: request.resourceTypeFilter, name: request.resourceNameFilter,
            patternType: call.version >= 1 ? request.patternTypeFilter : Known.literal,
            principal: request.principalFilter, host: request.hostFilter, operation: request.operation,
            permission: request.permissionType)
        var response = DescribeAclsResponse()
        for rule in sortedRules(filter) {
            let last = response.resources.last
            if last?.resourceType != rule.resourceType || last?.resourceName != rule.resourceName
                || last?.patternType != rule.patternType
            {
                response.resources.append(
                    .init(
                        resourceType: rule.resourceType, resourceName: rule.resourceName,
                        patternType: rule.patternType))
            }
            response.resources[response.resources.count - 1].acls.append(
                .init(
                    principal: rule.principal, host: rule.host, operation: rule.operation,
                    permissionType: rule.permission))
        }
        return response
    }

    /// A filter of numbers that nobody knows is no request at all: Kafka closes the connection.
    func isReadable(_ request: DescribeAclsRequest) -> Bool {
        RuleFilter(
            resourceType: request.resourceTypeFilter, patternType: request.patternTypeFilter,
            operation: request.operation, permission: request.permissionType
        ).isKnown
    }

    // MARK: CreateAcls

    mutating func createAcls(_ request: CreateAclsRequest, _ call: Call) -> CreateAclsResponse {
        let whole = aclProblem(call)
        var response = CreateAclsResponse()
        for creation in request.creations {
            var result = CreateAclsResponse.Result()
            if let whole {
                result.errorCode = whole
                result.errorMessage = whole == .securityDisabled ? disabledMessage : KafkaWords.notAuthorized
            } else if let problem = ruleProblem(creation, call) {
                result.errorCode = .invalidRequest
                result.errorMessage = problem
            } else {
                let rule = AccessRule(
                    resourceType: creation.resourceType, resourceName: creation.resourceName,
                    patternType: call.version >= 1 ? creation.resourcePatternType : Known.literal,
                    principal: creation.principal, host: creation.host, operation: creation.operation,
                    permission: creation.permissionType)
                if image.acls.insert(rule).inserted {
                    commit()
                    record(.aclCreated(rule), on: call.node)
                }
            }
            response.results.append(result)
        }
        return response
    }

    private func aclProblem(_ call: Call) -> KafkaErrorCode? {
        guard configuration.hasAuthorizer else { return .securityDisabled }
        guard allowsOnCluster(.alter) else { return .clusterAuthorizationFailed }
        return call.listener == .controller && activeController != call.node ? .notController : nil
    }

    private func ruleProblem(_ rule: CreateAclsRequest.Creation, _ call: Call) -> String? {
        if rule.resourceType == AccessResource.cluster.rawValue, rule.resourceName != AccessResource.clusterName {
            return "The only valid name for the CLUSTER resource is \(AccessResource.clusterName)"
        }
        if rule.resourceName.isEmpty { return "Invalid empty resource name" }
        guard rule.principal.contains(":") else {
            return "Could not parse principal from `\(rule.principal)` (no colon is present separating the principal "
                + "type from the principal name)"
        }
        return nil
    }

    /// Numbers that nobody knows, and those of filters, are no request at all.
    func isReadable(_ request: CreateAclsRequest) -> Bool {
        request.creations.allSatisfy {
            Known.resources.contains($0.resourceType) && Known.patterns.contains($0.resourcePatternType)
                && Known.operations.contains($0.operation) && Known.permissions.contains($0.permissionType)
        }
    }

    // MARK: DeleteAcls

    mutating func deleteAcls(_ request: DeleteAclsRequest, _ call: Call) -> DeleteAclsResponse {
        let whole = aclProblem(call)
        var response = DeleteAclsResponse()
        for asked in request.filters {
            var result = DeleteAclsResponse.FilterResult(errorMessage: nil)
            if let whole {
                result.errorCode = whole
                result.errorMessage = whole == .securityDisabled ? disabledMessage : KafkaWords.notAuthorized
                response.filterResults.append(result)
                continue
            }
            let filter = RuleFilter(
                resourceType: asked.resourceTypeFilter, name: asked.resourceNameFilter,
                patternType: call.version >= 1 ? asked.patternTypeFilter : Known.literal,
                principal: asked.principalFilter, host: asked.hostFilter, operation: asked.operation,
                permission: asked.permissionType)
            for rule in sortedRules(filter) {
                image.acls.remove(rule)
                commit()
                record(.aclDeleted(rule), on: call.node)
                result.matchingAcls.append(
                    .init(
                        errorMessage: nil, resourceType: rule.resourceType, resourceName: rule.resourceName,
                        patternType: rule.patternType, principal: rule.principal, host: rule.host,
                        operation: rule.operation, permissionType: rule.permission))
            }
            response.filterResults.append(result)
        }
        return response
    }

    func isReadable(_ request: DeleteAclsRequest) -> Bool {
        request.filters.allSatisfy {
            RuleFilter(
                resourceType: $0.resourceTypeFilter, patternType: $0.patternTypeFilter, operation: $0.operation,
                permission: $0.permissionType
            ).isKnown
        }
    }
}
