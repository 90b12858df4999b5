package import KafkaAdmin
package import RunEngine
import Values

/// Leases in a topic of the cluster that they are of, each written under a transactional id of its own: `opsrun-lock-<cluster
/// id>`. Runners on different machines see the same one.
///
/// Taking a lease raises the epoch of that id, so that an older runner's next renewal is refused by the cluster itself. The
/// administrative calls that a run makes carry no such epoch: what was under way when a lease ran out may still land.
///
/// Needs the right to create, describe, read and write the topic, and to describe and write the transactional id.
package struct KafkaLeaseStore: LeaseStore {
    package static let topic = "opsrun-lock"

    private let records: any FencedTopic

    package init(_ records: any FencedTopic) { self.records = records }

    /// A renewal must come back before its lease has run out, and leave time for another one.
    package static func limit(for lease: Duration) -> Duration { lease / 4 }

    package var place: String { "topic \(Self.topic)" }
    /// A look costs the cluster as much as half a renewal.
    package var lookInterval: Duration? { nil }

    package func lease(of clusterID: String) async throws -> Lease? {
        do throws(KafkaError) {
            return Self.lease(try await records.value(of: clusterID), clusterID)
        } catch {
            throw Self.failure(error, "read")
        }
    }

    package func replace(
        _ clusterID: String, _ decide: @escaping @Sendable (Lease?) -> Lease?
    ) async throws -> LeaseChange {
        do throws(KafkaError) {
            let change = try await records.replace(clusterID) { present in
                decide(Self.lease(present, clusterID)).map { Array(JSON.text($0.json()).utf8) }
            }
            return LeaseChange(
                before: Self.lease(change.before, clusterID), after: Self.lease(change.after, clusterID))
        } catch {
            throw Self.failure(error, "written")
        }
    }

    private static func lease(_ bytes: [UInt8]?, _ clusterID: String) -> Lease? {
        guard let bytes else { return nil }
        return (try? JSON.parse(bytes)).flatMap(Lease.init(json:)) ?? .unreadable(clusterID: clusterID)
    }

    private static func failure(_ error: KafkaError, _ what: String) -> StepFailure {
        StepFailure(error, doing: "the lock cannot be \(what) in the topic \(topic) of the cluster")
    }
}
