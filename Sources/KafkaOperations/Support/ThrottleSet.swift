import KafkaAdmin
import RunEngine
import Values

/// Limits of replication (KIP-73): a rate per broker for each side, and which replicas of a topic it holds for.
enum ThrottleSet {
    static let rateKeys = ["leader.replication.throttled.rate", "follower.replication.throttled.rate"]
    static let leaderList = "leader.replication.throttled.replicas"
    static let followerList = "follower.replication.throttled.replicas"
    static let replicaKeys = [leaderList, followerList]

    /// One that is set.
    struct Throttle: Sendable {
        var target: ConfigTarget
        var key: String
        var value: String?

        var resource: String { "\(target.resource)" }
        var record: Value {
            ["resource": .string(resource), "key": .string(key), "value": .optional(value)]
        }
    }

    /// Of every broker and every topic, by their own values.
    static func all(_ reader: any ClusterReader) async throws(StepFailure) -> [Throttle] {
        let brokers = try await kafka("the cluster cannot be described") { () throws(KafkaError) in
            try await reader.describeCluster(includeFenced: false, from: .any).brokers.map(\.id)
        }
        let topics = try await kafka("the topics cannot be read") { () throws(KafkaError) in
            try await reader.snapshot(topics: nil, from: .any).topics.filter { $0.error == nil }.map(\.name)
        }
        var found = try await own(
            brokers.sorted().map { ConfigTarget(kind: .broker, resource: .broker($0)) }, rateKeys, reader)
        for start in stride(from: 0, to: topics.count, by: ClusterFactReader.topicsPerRequest) {
            let part = topics[start..<min(start + ClusterFactReader.topicsPerRequest, topics.count)]
            found += try await own(
                part.map { ConfigTarget(kind: .topic, resource: .topic($0)) }, replicaKeys, reader)
        }
        return found
    }

    private static func own(
        _ targets: [ConfigTarget], _ keys: [String], _ reader: any ClusterReader
    ) async throws(StepFailure) -> [Throttle] {
        let answers = try await kafka("the throttles cannot be read") { () throws(KafkaError) in
            try await reader.describeConfigs(targets.map(\.resource), keys: keys)
        }
        var found: [Throttle] = []
        for (target, answer) in zip(targets, answers) {
            let entries: [ConfigEntry]
            do throws(KafkaError) { entries = try answer.result.get() } catch {
                throw StepFailure(error, doing: "the throttles of \(answer.item) cannot be read")
            }
            for entry in entries where entry.source != .default && entry.value?.isEmpty == false {
                // What all brokers have by default is one thing, not one of each.
                let isDefault = entry.source == .dynamicDefaultBroker
                let owner = isDefault ? ConfigTarget(kind: .brokerDefault, resource: .brokerDefault) : target
                guard !found.contains(where: { $0.target == owner && $0.key == entry.name && isDefault }) else {
                    continue
                }
                found.append(Throttle(target: owner, key: entry.name, value: entry.value))
            }
        }
        return found
    }

    /// Rates of these brokers, and lists of replicas by topic; what a list holds already stays in it.
    static func wishes(
        rate: Int64, brokers: Set<Int32>, leaders: [TopicPartition: Set<Int32>],
        followers: [TopicPartition: Set<Int32>],
        _ reader: any ClusterReader
    ) async throws(StepFailure) -> [ConfigWish] {
        var wishes: [ConfigWish] = []
        for broker in brokers.sorted() {
            for key in rateKeys {
                wishes.append(
                    ConfigWish(
                        target: ConfigTarget(kind: .broker, resource: .broker(broker)), key: key, value: "\(rate)"))
            }
        }
        var lists: [ConfigWish] = []
        for (key, replicas) in [(leaderList, leaders), (followerList, followers)] {
            for (topic, entries) in Dictionary(grouping: replicas, by: \.key.topic).sorted(by: { $0.key < $1.key }) {
                let names = entries.sorted { $0.key < $1.key }.flatMap { entry in
                    entry.value.sorted().map { "\(entry.key.partition):\($0)" }
                }
                guard !names.isEmpty else { continue }
                lists.append(
                    ConfigWish(
                        target: ConfigTarget(kind: .topic, resource: .topic(topic)), key: key,
                        value: names.joined(separator: ",")))
            }
        }
        // Somebody else's entries, such as those of moves that are under way, stay.
        let known = try await ConfigWrite.look(lists, reader)
        for list in lists {
            let found: [ConfigFound]
            do throws(KafkaError) { found = try (known[list.target] ?? .success([])).get() } catch {
                throw StepFailure(error, doing: "the throttles of \(list.target.resource) cannot be read")
            }
            var list = list
            if let prior = found.first(where: { $0.wish.key == list.key })?.prior, !prior.isEmpty {
                list.value = merged(prior, list.value ?? "")
            }
            wishes.append(list)
        }
        return wishes
    }

    private static func merged(_ prior: String, _ more: String) -> String {
        guard prior != "*" else { return prior }
        var names = prior.split(separator: ",").map(String.init)
        var known = Set(names)
        for name in more.split(separator: ",").map(String.init) where known.insert(name).inserted { names.append(name) }
        return names.joined(separator: ",")
    }
}
