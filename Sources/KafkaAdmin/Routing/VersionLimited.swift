import KafkaWire

/// A request that cannot be said in every version of its API: routing takes no other.
protocol VersionLimited {
    var usableVersions: ClosedRange<Int16> { get }
}

/// Several keys from v4 on, one before.
extension FindCoordinatorRequest: VersionLimited {
    var usableVersions: ClosedRange<Int16> { coordinatorKeys.isEmpty ? 0...3 : 4...6 }
}

/// Several groups from v8 on, one before. v10 knows topics by their ids alone and leaves deleted ones out: not used.
extension OffsetFetchRequest: VersionLimited {
    var usableVersions: ClosedRange<Int16> { groups.isEmpty ? 2...7 : 8...9 }
}

/// v10 knows topics by their ids alone: not used, as in Kafka's own admin client.
extension OffsetCommitRequest: VersionLimited {
    var usableVersions: ClosedRange<Int16> { 2...9 }
}

/// Members by name from v3 on: what an operator removes.
extension LeaveGroupRequest: VersionLimited {
    var usableVersions: ClosedRange<Int16> { 3...5 }
}
