internal import KafkaAdmin

/// Brokers as a command line names them: ids, or none for all.
enum BrokerNames {
    static func read(_ names: [String], _ reader: any ClusterReader) async throws(LookFailure) -> [Int32] {
        let listed: [Int32]
        do throws(KafkaError) {
            listed = try await reader.describeCluster(includeFenced: false, from: .any).brokers.map(\.id).sorted()
        } catch {
            throw LookFailure(error, "the cluster cannot be described")
        }
        guard !names.isEmpty else { return listed }
        var ids: Set<Int32> = []
        for name in names {
            guard let id = Int32(name), listed.contains(id) else {
                throw .noMatch(
                    "the cluster lists no broker \(name)",
                    hint: "it lists \(LookCells.ids(listed))")
            }
            ids.insert(id)
        }
        return ids.sorted()
    }
}
