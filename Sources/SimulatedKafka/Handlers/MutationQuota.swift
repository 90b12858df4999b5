import KafkaWire

// How many partitions a second a client may have made and removed: the quota `controller_mutation_rate` (KIP-599).
//
// Behaviour: a bucket of tokens that fills at the quota's rate and holds eleven seconds of it. What comes while it is empty
// is refused, unless the version of the request is too old to say so: then it is done, and the client asked to wait.

/// What is left of a quota; below zero when it is overdrawn.
struct MutationBucket: Sendable {
    /// Seconds of the rate that a bucket holds (`controller.quota.window.num`).
    static let burst = 11.0

    private var tokens: Double
    private var filledAt: Duration

    init(rate: Double, at now: Duration) {
        tokens = rate * Self.burst
        filledAt = now
    }

    mutating func fill(rate: Double, to now: Duration) {
        tokens = min(rate * Self.burst, tokens + rate * (now - filledAt).seconds)
        filledAt = now
    }

    var isOverdrawn: Bool { tokens < 0 }

    mutating func take(_ count: Int) { tokens -= Double(count) }

    /// Milliseconds until nothing is owed any more.
    func delay(rate: Double) -> Int32 {
        guard tokens < 0, rate > 0 else { return 0 }
        return Int32(min(-tokens / rate * 1000, 1e9))
    }
}

extension ClusterModel {
    private static let mutationRate = "controller_mutation_rate"

    /// Takes from the quota of who asks. False when it is used up, and the request can be told.
    ///
    /// - Parameter isStrict: whether the version of the request knows of this error.
    mutating func mayChange(partitions count: Int, isStrict: Bool, _ call: Call) -> Bool {
        guard let (name, rate) = mutationQuota(call) else { return true }
        var bucket = mutationBuckets[name] ?? MutationBucket(rate: rate, at: now)
        bucket.fill(rate: rate, to: now)
        defer { mutationBuckets[name] = bucket }
        if isStrict, bucket.isOverdrawn { return false }
        bucket.take(count)
        return true
    }

    /// How long who asks is to wait.
    func mutationDelay(_ call: Call) -> Int32 {
        guard let (name, rate) = mutationQuota(call) else { return 0 }
        return mutationBuckets[name]?.delay(rate: rate) ?? 0
    }

    /// The quota that holds for who asks, the closest first, with a name for what is counted together.
    private func mutationQuota(_ call: Call) -> (String, Double)? {
        let principal = session.principal
        let user = principal.hasPrefix("User:") ? String(principal.dropFirst("User:".count)) : principal
        let client = call.clientID
        let levels: [(parts: [String: String?], name: String)] = [
            (["user": user, "client-id": client], "\(user) \(client)"),
            (["user": user, "client-id": nil], "\(user) \(client)"), (["user": user], user),
            (["user": nil, "client-id": client], "\(user) \(client)"),
            (["user": nil, "client-id": nil], "\(user) \(client)"), (["user": nil], user),
            (["client-id": client], " \(client)"), (["client-id": nil], " \(client)"),
        ]
        for level in levels {
            if let rate = image.quotas[QuotaEntity(parts: level.parts)]?[Self.mutationRate] {
                return (level.name, rate)
            }
        }
        return nil
    }
}
