import KafkaWire
import Testing
import Values

@testable import SimulatedKafka

/// UpdateFeatures, as real controllers of 3.9.2 and 4.3.1 judge.
struct FeatureTests {
    struct Refusal: Sendable, CustomTestStringConvertible {
        let feature: String
        let level: Int16
        let type: Int8
        let message: String
        var testDescription: String { "\(feature) \(level) \(type)" }
    }

    static let refusals: [Refusal] = [
        Refusal(
            feature: "metadata.version", level: 99, type: 1,
            message:
                "Invalid update version 99 for feature metadata.version. Local controller 1 only supports versions "
                + "7-30"),
        Refusal(
            feature: "metadata.version", level: 20, type: 2,
            message:
                "Unsupported metadata.version downgrade from 30 to 20. Refusing to perform the requested downgrade "
                + "because it might delete metadata information."),
        Refusal(
            feature: "metadata.version", level: 20, type: 3,
            message:
                "Unsupported metadata.version downgrade from 30 to 20. Unsafe metadata downgrade is not supported in "
                + "this version."),
        Refusal(
            feature: "nonsense", level: 1, type: 1,
            message: "Invalid update version 1 for feature nonsense. Local controller 1 does not support this feature."),
        Refusal(
            feature: "group.version", level: 9, type: 1,
            message: "Invalid update version 9 for feature group.version. Local controller 1 only supports versions 0-1"
        ),
    ]

    @Test("An update that Kafka 4.3 refuses is refused in its words, for all", arguments: refusals)
    func refuses(refusal: Refusal) throws {
        var asker = Asker(try .three("4.3.1"))
        let answer = try asker.ask(
            UpdateFeaturesRequest(
                featureUpdates: [
                    .init(feature: "kraft.version", maxVersionLevel: 1),
                    .init(feature: refusal.feature, maxVersionLevel: refusal.level, upgradeType: refusal.type),
                ]), version: 2)
        #expect(answer.errorCode == .invalidUpdateVersion)
        #expect(
            answer.errorMessage
                == "The update failed for all features since the following feature had an error: \(refusal.message)")
        #expect(asker.model.ledger.entries.isEmpty)
    }

    private func upgrade(
        _ asker: inout Asker, to level: Int16 = 30, validateOnly: Bool = false
    ) throws -> UpdateFeaturesResponse {
        try asker.ask(
            UpdateFeaturesRequest(
                featureUpdates: [.init(feature: "metadata.version", maxVersionLevel: level)],
                validateOnly: validateOnly), version: 1)
    }

    @Test("A level is refused until every node supports it, fenced ones too")
    func everyNode() throws {
        let new = try #require(Version("4.3.1"))
        var asker = Asker(try .three())
        for node: Int32 in [3, 2, 1] {
            let refused = try upgrade(&asker)
            #expect((refused.results.first?.errorCode ?? refused.errorCode) == .invalidUpdateVersion)
            try asker.model.install(node, new)
            try asker.model.activate(node, new)
            try asker.model.stop(node, controlled: true)
            asker.advance(by: .seconds(4))
            let fenced = try asker.ask(
                UpdateFeaturesRequest(featureUpdates: [.init(feature: "metadata.version", maxVersionLevel: 30)]),
                version: 1, on: node == 3 ? 1 : 3)
            #expect((fenced.results.first?.errorCode ?? fenced.errorCode) == .invalidUpdateVersion)
            try asker.model.start(node)
            asker.advance(by: .seconds(6))
        }
        let epoch = asker.model.image.featuresEpoch
        #expect(try upgrade(&asker, validateOnly: true).errorCode == .none)
        #expect(asker.model.image.features["metadata.version"] == 21)
        #expect(try upgrade(&asker).errorCode == .none)
        #expect(asker.model.image.features["metadata.version"] == 30)
        #expect(asker.model.image.featuresEpoch > epoch)
        #expect(asker.model.ledger.entries.last?.effect == .featureUpdated("metadata.version", from: 21, to: 30))
    }

    @Test("A downgrade across levels without metadata changes is done")
    func harmlessDowngrade() throws {
        var asker = Asker(try .three())
        let answer = try asker.ask(
            UpdateFeaturesRequest(
                featureUpdates: [.init(feature: "metadata.version", maxVersionLevel: 20, upgradeType: 2)]), version: 1)
        #expect(answer.results.map(\.errorCode) == [.none])
        #expect(asker.model.image.features["metadata.version"] == 20)
    }
}
