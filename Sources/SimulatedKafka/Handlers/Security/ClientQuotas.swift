import KafkaWire

// DescribeClientQuotas (48), AlterClientQuotas (49).
//
// Behaviour: an entity is a user, a client id, both, or an ip, each with a name or the default of all; each entity of a
// request succeeds or fails by itself and whole. Filters match a name (0), the default (1) or any (2); `strict` leaves out
// entities of more parts.

/// Whom a quota is for: types with names, nil for the default.
package struct QuotaEntity: Sendable, Hashable {
    var parts: [String: String?]

    /// `client-id console, user default`.
    var text: String {
        parts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value ?? "default")" }.joined(separator: ", ")
    }
}

extension ClusterModel {
    private static let user = "user"
    private static let clientID = "client-id"
    private static let ip = "ip"

    private struct QuotaProblem: Error {
        let code: KafkaErrorCode
        let message: String?

        init(_ message: String?, _ code: KafkaErrorCode = .invalidRequest) {
            self.code = code
            self.message = message
        }
    }

    // MARK: Altering

    mutating func alterClientQuotas(_ request: AlterClientQuotasRequest, _ call: Call) -> AlterClientQuotasResponse {
        var response = AlterClientQuotasResponse()
        var seen: Set<QuotaEntity> = []
        for entry in request.entries {
            var result = AlterClientQuotasResponse.Entry(
                errorMessage: nil,
                entity: entry.entity.map { .init(entityType: $0.entityType, entityName: $0.entityName) })
            do throws(QuotaProblem) {
                guard allowsOnCluster(.alterConfigs) else {
                    throw QuotaProblem(
                        KafkaWords.text(.clusterAuthorizationFailed) ?? "", .clusterAuthorizationFailed)
                }
                let entity = try entity(entry.entity)
                guard seen.insert(entity).inserted else {
                    throw QuotaProblem("Duplicate quota entity \(entity.text)")
                }
                let changes = try changes(entry.ops, of: entity)
                if !request.validateOnly { apply(changes, to: entity, on: call.node) }
            } catch {
                result.errorCode = error.code
                result.errorMessage = error.message
            }
            response.entries.append(result)
        }
        return response
    }

    private func entity(_ asked: [AlterClientQuotasRequest.Entity]) throws(QuotaProblem) -> QuotaEntity {
        guard !asked.isEmpty else { throw QuotaProblem("Invalid empty client quota entity") }
        var parts: [String: String?] = [:]
        for part in asked {
            guard [Self.user, Self.clientID, Self.ip].contains(part.entityType) else {
                throw QuotaProblem("Unhandled client quota entity type: \(part.entityType)")
            }
            guard parts.updateValue(part.entityName, forKey: part.entityType) == nil else {
                throw QuotaProblem("Duplicate client quota entity type: \(part.entityType)")
            }
            if part.entityName?.isEmpty ?? false {
                throw QuotaProblem("Empty \(part.entityType) not supported")
            }
        }
        if parts[Self.ip] != nil, parts.count > 1 {
            throw QuotaProblem(
                "Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId")
        }
        return QuotaEntity(parts: parts)
    }

    private func changes(
        _ ops: [AlterClientQuotasRequest.Change], of entity: QuotaEntity
    ) throws(QuotaProblem) -> [String: Double?] {
        let isIP = entity.parts[Self.ip] != nil
        let keys: [String: String] =
            isIP
            ? ["connection_creation_rate": "int"]
            : [
                "producer_byte_rate": "long", "consumer_byte_rate": "long", "request_percentage": "double",
                "controller_mutation_rate": "double",
            ]
        var changes: [String: Double?] = [:]
        for op in ops {
            guard let kind = keys[op.key] else { throw QuotaProblem("Invalid configuration key \(op.key)") }
            guard changes[op.key] == nil else { throw QuotaProblem("Duplicate quota key \(op.key)") }
            if op.remove {
                changes[op.key] = .some(nil)
                continue
            }
            guard op.value > 0 else { throw QuotaProblem("Quota \(op.key) must be greater than 0") }
            if kind != "double" {
                let limit = kind == "int" ? Double(Int32.max) : 9.2e18
                guard op.value.rounded() == op.value else {
                    throw QuotaProblem("\(op.key) cannot be a fractional value.")
                }
                guard op.value <= limit else { throw QuotaProblem("\(op.key) is too large.") }
            }
            changes[op.key] = op.value
        }
        return changes
    }

    private mutating func apply(_ changes: [String: Double?], to entity: QuotaEntity, on node: Int32) {
        for (key, value) in changes.sorted(by: { $0.key < $1.key }) {
            var quotas = image.quotas[entity] ?? [:]
            quotas[key] = value
            image.quotas[entity] = quotas.isEmpty ? nil : quotas
            commit()
            record(.quotaAltered(entity: entity.text, key: key, value: value), on: node)
        }
    }

    // MARK: Describing

    func describeClientQuotas(
        _ request: DescribeClientQuotasRequest, _ call: Call
    ) -> DescribeClientQuotasResponse {
        do throws(QuotaProblem) {
            guard allowsOnCluster(.describeConfigs) else {
                throw QuotaProblem(nil, .clusterAuthorizationFailed)
            }
            let filters = try filters(request)
            let found = image.quotas.filter { matches($0.key, filters, isStrict: request.strict) }
                .sorted { $0.key.text < $1.key.text }
            return DescribeClientQuotasResponse(
                entries: found.map { entity, quotas in
                    .init(
                        entity: entity.parts.sorted { $0.key < $1.key }.map {
                            .init(entityType: $0.key, entityName: $0.value)
                        },
                        values: quotas.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: $0.value) })
                })
        } catch {
            return DescribeClientQuotasResponse(errorCode: error.code, errorMessage: error.message, entries: nil)
        }
    }

    private func filters(
        _ request: DescribeClientQuotasRequest
    ) throws(QuotaProblem) -> [String: DescribeClientQuotasRequest.Component] {
        var filters: [String: DescribeClientQuotasRequest.Component] = [:]
        for component in request.components {
            let type = component.entityType
            if type.isEmpty { throw QuotaProblem("Unexpected empty filter component entity type") }
            guard [Self.user, Self.clientID, Self.ip].contains(type) else {
                throw QuotaProblem("Unsupported entity type \(type)", .unsupportedVersion)
            }
            guard filters.updateValue(component, forKey: type) == nil else {
                throw QuotaProblem("Entity type \(type) cannot appear more than once in the filter.")
            }
        }
        if filters[Self.ip] != nil, filters.count > 1 {
            throw QuotaProblem(
                "Invalid entity filter component combination. IP filter component should not be used with user or "
                    + "clientId filter component.")
        }
        return filters
    }

    private func matches(
        _ entity: QuotaEntity, _ filters: [String: DescribeClientQuotasRequest.Component], isStrict: Bool
    ) -> Bool {
        if isStrict, entity.parts.count != filters.count { return false }
        return filters.allSatisfy { type, filter in
            guard let name = entity.parts[type] else { return false }
            return switch filter.matchType {
            case 0: name != nil && name == filter.match
            case 1: name == nil
            default: true
            }
        }
    }
}
