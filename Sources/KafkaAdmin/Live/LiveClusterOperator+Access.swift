internal import COpenSSL
import EventLoop
import KafkaWire
import Values

extension LiveClusterOperator {
    package func createAccessRules(
        _ rules: [AccessRule]
    ) async throws(KafkaError) -> [ItemResult<AccessRule, Void>] {
        try await inParts(rules.parts(of: Self.itemsPerRequest), .createAcls, key: \.self) { part throws(KafkaError) in
            try await timed.createOnce(part)
        }
    }

    private func createOnce(_ rules: [AccessRule]) async throws(KafkaError) -> [ItemResult<AccessRule, Void>] {
        let request = CreateAclsRequest(
            creations: rules.map {
                .init(
                    resourceType: $0.resourceType.rawValue, resourceName: $0.resourceName,
                    resourcePatternType: $0.pattern.rawValue, principal: $0.principal, host: $0.host,
                    operation: $0.operation.rawValue, permissionType: $0.permission.rawValue)
            })
        let sent = try await call(request, to: .controller)
        let answer = sent.response.results
        // Results carry no name: they stand in the order of the request.
        return rules.enumerated().map { index, rule in
            guard answer.indices.contains(index) else {
                return ItemResult(item: rule, result: .failure(.noResult(.createAcls, rule.resourceName, kind: .write)))
            }
            let code = answer[index].errorCode
            let result: Result<Void, KafkaError> =
                code.isError
                ? .failure(
                    .answered(
                        code, message: answer[index].errorMessage, api: .createAcls, about: rule.resourceName,
                        kind: .write))
                : .success(())
            return ItemResult(item: rule, result: result.doubted(because: sent.doubt, .createAcls))
        }
    }

    package func deleteAccessRules(
        _ filters: [AccessFilter]
    ) async throws(KafkaError) -> [ItemResult<AccessFilter, [ItemResult<AccessRule, Void>]>] {
        for filter in filters { try filter.validate(.deleteAcls) }
        return try await inParts(filters.parts(of: Self.itemsPerRequest), .deleteAcls, key: \.self) {
            part throws(KafkaError) in try await timed.deleteOnce(part)
        }
    }

    private func deleteOnce(
        _ filters: [AccessFilter]
    ) async throws(KafkaError) -> [ItemResult<AccessFilter, [ItemResult<AccessRule, Void>]>] {
        let request = DeleteAclsRequest(
            filters: filters.map {
                .init(
                    resourceTypeFilter: $0.resourceType.rawValue, resourceNameFilter: $0.resourceName,
                    patternTypeFilter: $0.pattern.rawValue, principalFilter: $0.principal, hostFilter: $0.host,
                    operation: $0.operation.rawValue, permissionType: $0.permission.rawValue)
            })
        let sent = try await call(request, to: .controller)
        let answer = sent.response.filterResults
        return filters.enumerated().map { index, filter in
            guard answer.indices.contains(index) else {
                return ItemResult(
                    item: filter, result: .failure(.noResult(.deleteAcls, "filter \(index + 1)", kind: .write)))
            }
            let result = answer[index]
            if result.errorCode.isError {
                let error = KafkaError.answered(
                    result.errorCode, message: result.errorMessage, api: .deleteAcls, about: "filter \(index + 1)",
                    kind: .write)
                return ItemResult(item: filter, result: .failure(error.doubted(because: sent.doubt, .deleteAcls)))
            }
            if let doubt = sent.doubt {
                // They are gone by now, and which they were was the answer to an attempt whose answer is lost.
                let error = KafkaError(.noResult, "the rules that it deleted are not named")
                return ItemResult(item: filter, result: .failure(error.doubted(because: doubt, .deleteAcls)))
            }
            let deleted = result.matchingAcls.map { match in
                ItemResult<AccessRule, Void>(
                    item: AccessRule(
                        AccessResourceType(rawValue: match.resourceType), match.resourceName,
                        pattern: AccessPattern(rawValue: match.patternType), principal: match.principal,
                        host: match.host, operation: AccessOperation(rawValue: match.operation),
                        permission: AccessPermission(rawValue: match.permissionType)),
                    result: match.errorCode.isError
                        ? .failure(
                            .answered(
                                match.errorCode, message: match.errorMessage, api: .deleteAcls,
                                about: match.resourceName, kind: .write))
                        : .success(()))
            }
            return ItemResult(item: filter, result: .success(deleted))
        }
    }

    package func alterQuotas(
        _ changes: [QuotaChange], validateOnly: Bool
    ) async throws(KafkaError) -> [ItemResult<QuotaEntity, Void>] {
        try refuseRepeats(of: changes.map(\.entity), .alterClientQuotas)
        return try await inParts(
            changes.parts(upTo: Self.itemsPerRequest) { $0.values.count }, .alterClientQuotas, key: \.entity
        ) { part throws(KafkaError) in try await timed.alterOnce(part, validateOnly: validateOnly) }
    }

    private func alterOnce(
        _ changes: [QuotaChange], validateOnly: Bool
    ) async throws(KafkaError) -> [ItemResult<QuotaEntity, Void>] {
        let request = AlterClientQuotasRequest(
            entries: changes.map { change in
                .init(
                    entity: change.entity.parts.map { .init(entityType: $0.type, entityName: $0.name) },
                    ops: change.values.sorted { $0.key < $1.key }.map {
                        .init(key: $0.key, value: $0.value ?? 0, remove: $0.value == nil)
                    })
            }, validateOnly: validateOnly)
        let answer = try await call(request, to: .controller, readOnly: validateOnly)
        return results(
            for: changes.map(\.entity), .alterClientQuotas, validateOnly ? .read : .write, doubt: answer.doubt,
            answer.response.entries.map { entry in
                (
                    QuotaEntity(entry.entity.map { .init(type: $0.entityType, name: $0.entityName) }),
                    entry.errorCode, entry.errorMessage
                )
            })
    }

    // MARK: SCRAM

    package func alterScramUsers(
        _ changes: [ScramChange]
    ) async throws(KafkaError) -> [ItemResult<ScramChange, Void>] {
        var found: [ItemResult<ScramChange, Void>?] = Array(repeating: nil, count: changes.count)
        var failed: Set<String> = []
        var open = Array(changes.indices)
        while !open.isEmpty {
            // One change of each user.
            var users: Set<String> = []
            let round = Array(open.filter { users.insert(changes[$0].user).inserted }.prefix(Self.itemsPerRequest))
            let chosen = Set(round)
            open.removeAll { chosen.contains($0) }
            let sent = round.filter { !failed.contains(changes[$0].user) }
            for index in round where failed.contains(changes[index].user) {
                found[index] = ItemResult(
                    item: changes[index],
                    result: .failure(
                        KafkaError(
                            .noResult, "\(changes[index].user): not sent, because the change before it failed",
                            api: .alterUserScramCredentials)))
            }
            guard !sent.isEmpty else { continue }
            let part = sent.map { changes[$0] }
            var answers: [ItemResult<ScramChange, Void>]
            do throws(KafkaError) {
                answers = try await timed.alterOnce(part)
            } catch {
                // What was done before stands: the error is that of this round's changes.
                answers = part.map { ItemResult(item: $0, result: .failure(error)) }
            }
            for (index, answer) in zip(sent, answers) {
                found[index] = answer
                if case .failure = answer.result { failed.insert(answer.item.user) }
            }
        }
        return found.compactMap(\.self)
    }

    /// At most one change of each user. A change that cannot be made ready is its own failure; the others are sent.
    private func alterOnce(_ changes: [ScramChange]) async throws(KafkaError) -> [ItemResult<ScramChange, Void>] {
        var request = AlterUserScramCredentialsRequest()
        var unsent: [String: KafkaError] = [:]
        for change in changes {
            switch change.action {
            case .delete:
                request.deletions.append(.init(name: change.user, mechanism: change.mechanism.rawValue))
            case .set(let password, let iterations):
                do throws(KafkaError) {
                    let salt = try Self.salt()
                    request.upsertions.append(
                        .init(
                            name: change.user, mechanism: change.mechanism.rawValue, iterations: iterations, salt: salt,
                            saltedPassword: try await Self.salted(
                                password, salt: salt, iterations: iterations, change.mechanism)))
                } catch {
                    unsent[change.user] = error
                }
            }
        }
        let isNothingSent = request.deletions.isEmpty && request.upsertions.isEmpty
        let answer = isNothingSent ? nil : try await call(request, to: .controller)
        let results = results(
            for: changes.map(\.user), .alterUserScramCredentials, .write, doubt: answer?.doubt,
            (answer?.response.results ?? []).map { ($0.user, $0.errorCode, $0.errorMessage) })
        return zip(changes, results).map { change, result in
            ItemResult(item: change, result: unsent[change.user].map { .failure($0) } ?? result.result)
        }
    }

    /// Derives keys: milliseconds of work each, away from the loop and the pool.
    private static let deriver = BlockingThread(name: "opsrun-credentials")
    private static var saltSize: Int { 16 }

    private static func salt() throws(KafkaError) -> [UInt8] {
        var salt = [UInt8](repeating: 0, count: saltSize)
        guard RAND_bytes(&salt, CInt(saltSize)) == 1 else {
            throw KafkaError(.configuration, "OpenSSL has no random bytes for a salt", api: .alterUserScramCredentials)
        }
        return salt
    }

    private static func salted(
        _ password: Secret, salt: [UInt8], iterations: Int32, _ mechanism: ScramMechanism
    ) async throws(KafkaError) -> [UInt8] {
        // Kafka refuses other numbers anyhow; millions of rounds are not begun here.
        guard (1...scramIterationLimit).contains(iterations) else {
            throw KafkaError(
                .configuration, "\(iterations) iterations are outside of Kafka's 4096 to 16384",
                api: .alterUserScramCredentials)
        }
        let derivation = ScramDerivation(
            hash: mechanism == .sha256 ? .sha256 : .sha512, password: Array(password.reveal().utf8), salt: salt,
            iterations: iterations)
        let key: [UInt8]?
        do throws(SystemError) { key = try await deriver.run { derivation.saltedPassword() } } catch { key = nil }
        guard let key else {
            throw KafkaError(.configuration, "The password could not be salted", api: .alterUserScramCredentials)
        }
        return key
    }

    private static var scramIterationLimit: Int32 { 1_000_000 }
}
