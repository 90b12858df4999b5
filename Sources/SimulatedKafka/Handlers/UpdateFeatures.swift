import KafkaWire

// UpdateFeatures (57). Every registered node, fenced ones too, has to support the level.
//
// Behaviour: an upgrade type that does not fit the direction is refused; `metadata.version` does not go below a level that
// changed the records of the metadata log. From 4.0 on all updates succeed or none.
//
// Version notes: v0 has a flag where v1 has the type and validateOnly; v2 answers without results for each feature.

extension ClusterModel {
    private static let upgrade: Int8 = 1
    private static let unsafeDowngrade: Int8 = 3

    mutating func updateFeatures(_ request: UpdateFeaturesRequest, _ call: Call) -> UpdateFeaturesResponse {
        var response = UpdateFeaturesResponse(errorMessage: call.version < 2 ? "" : nil)
        guard let controller = activeController, call.listener.isOfBrokers || controller == call.node else {
            response.errorCode = .notController
            return response
        }
        guard allowsOnCluster(.alter) else {
            response.errorCode = .clusterAuthorizationFailed
            response.errorMessage = KafkaWords.notAuthorized
            return response
        }
        let problems = request.featureUpdates.map { featureProblem($0, request, call, controller) }
        let isTogether = nodes[controller]?.release.updatesFeaturesTogether ?? true
        if isTogether, let index = problems.firstIndex(where: { $0 != nil }), let problem = problems[index] {
            response.errorCode = problem.code
            response.errorMessage =
                "The update failed for all features since the following feature had an error: \(problem.message)"
            return response
        }
        for (update, problem) in zip(request.featureUpdates, problems) {
            if problem == nil, !(request.validateOnly && call.version >= 1) { apply(update, call) }
            guard call.version < 2 else { continue }
            response.results.append(
                UpdateFeaturesResponse.Result(
                    feature: update.feature, errorCode: problem?.code ?? .none, errorMessage: problem?.message))
        }
        return response
    }

    private typealias Problem = (code: KafkaErrorCode, message: String)

    private func featureProblem(
        _ update: UpdateFeaturesRequest.Update, _ request: UpdateFeaturesRequest, _ call: Call, _ controller: Int32
    ) -> Problem? {
        let level = update.maxVersionLevel
        let current = image.features[update.feature] ?? 0
        let type = call.version >= 1 ? update.upgradeType : update.allowDowngrade ? 2 : 1
        func invalid(_ message: String) -> Problem { (.invalidUpdateVersion, message) }
        guard (1...3).contains(type) else {
            return invalid("The controller does not support the given upgrade type.")
        }
        guard level >= 0 else {
            return invalid(
                "Invalid update version \(level) for feature \(update.feature). A feature version cannot be less than 0."
            )
        }
        if let reason = reasonNotSupported(update.feature, level, controller) {
            return invalid("Invalid update version \(level) for feature \(update.feature). \(reason)")
        }
        if level < current, type == Self.upgrade {
            return invalid(
                "Invalid update version \(level) for feature \(update.feature). Can't downgrade the version of this "
                    + "feature without setting the upgrade type to either safe or unsafe downgrade.")
        }
        if let needed = Feature.neededMetadataVersion(of: update.feature, level: level) {
            let asked = request.featureUpdates.first { $0.feature == Feature.metadataVersion }?.maxVersionLevel
            let effective = asked ?? image.features[Feature.metadataVersion] ?? 0
            if effective < needed {
                return invalid(
                    "\(update.feature) could not be set to \(level) because it depends on metadata.version level \(needed)"
                )
            }
        }
        guard update.feature == Feature.metadataVersion, level < current else { return nil }
        if Feature.losesMetadata(from: current, to: level) {
            let reason =
                type == Self.unsafeDowngrade
                ? "Unsafe metadata downgrade is not supported in this version."
                : "Refusing to perform the requested downgrade because it might delete metadata information."
            let what =
                nodes[controller]?.release.hasNewWording ?? true
                ? "Unsupported metadata.version downgrade from \(current) to \(level)."
                : "Invalid metadata.version \(level)."
            return invalid("\(what) \(reason)")
        }
        return nil
    }

    private func reasonNotSupported(_ feature: String, _ level: Int16, _ controller: Int32) -> String? {
        let local = nodes[controller]?.release.supportedFeatures[feature]
        guard let local else { return "Local controller \(controller) does not support this feature." }
        guard local.contains(level) else {
            return "Local controller \(controller) only supports versions \(local.lowerBound)-\(local.upperBound)"
        }
        for voter in quorum.voters where voter != controller {
            guard let range = nodes[voter]?.release.supportedFeatures[feature] else {
                return "Controller \(voter) does not support this feature."
            }
            guard range.contains(level) else {
                return "Controller \(voter) only supports versions \(range.lowerBound)-\(range.upperBound)"
            }
        }
        for broker in image.brokers.values.sorted(by: { $0.id < $1.id }) {
            guard let range = broker.features[feature] else {
                if level == 0 { continue }
                return "Broker \(broker.id) does not support this feature."
            }
            guard range.contains(level) else {
                return "Broker \(broker.id) only supports versions \(range.lowerBound)-\(range.upperBound)"
            }
        }
        return nil
    }

    private mutating func apply(_ update: UpdateFeaturesRequest.Update, _ call: Call) {
        let old = image.features[update.feature] ?? 0
        guard old != update.maxVersionLevel else { return }
        image.features[update.feature] = update.maxVersionLevel > 0 ? update.maxVersionLevel : nil
        commit()
        image.featuresEpoch = image.offset
        record(.featureUpdated(update.feature, from: old, to: update.maxVersionLevel), on: call.node)
        if update.feature == Feature.eligibleLeaderReplicas, image.usesELR { materializeMinInsyncReplicas() }
    }
}
