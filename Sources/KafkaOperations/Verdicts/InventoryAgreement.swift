package import KafkaAdmin
package import Playbooks

/// Whether the inventory and a cluster speak of the same brokers, as far as that can be told without doubt. Pure.
///
/// Looked at when a cluster is connected to, before anything is planned: a wrong `broker_id` would have opsrun ask for
/// one broker and restart another. A contradiction is only what has no innocent reading:
/// 1. Broker N advertises exactly the name or the address of another host of the inventory, and not that of the host
/// which says that it is N. (An advertised name that no host has is none: listeners often have names of their own.)
/// 2. The inventory names brokers of the cluster, and the cluster has not one of them.
/// Brokers that only one side knows are notes, since a playbook may be what adds or retires them. Two hosts with one id
/// are an error when the inventory is loaded.
package struct InventoryAgreement: Sendable, Hashable {
    package var contradictions: [String] = []
    package var notes: [String] = []

    package static func evaluate(
        _ cluster: String, hosts: [Host], brokers: [BrokerInfo]
    ) -> InventoryAgreement {
        var verdict = InventoryAgreement()
        let members = hosts.filter { $0.cluster == cluster && $0.brokerID != nil }
        guard !members.isEmpty, !brokers.isEmpty else { return verdict }
        let registered = Set(brokers.map(\.id))
        let named = Set(members.compactMap(\.brokerID))
        if named.isDisjoint(with: registered) {
            verdict.contradictions.append(
                "the inventory names \(list(named)) of \(cluster), the cluster has \(list(registered))")
            return verdict
        }
        for broker in brokers.sorted(by: { $0.id < $1.id }) {
            guard let host = members.first(where: { $0.brokerID == broker.id }),
                !answers(host, to: broker.host),
                let other = members.first(where: { $0.brokerID != broker.id && answers($0, to: broker.host) })
            else { continue }
            verdict.contradictions.append(
                "broker \(broker.id) is \(host.name) in the inventory, but it advertises \(broker.host), which is "
                    + "\(other.name)")
        }
        let absent = named.subtracting(registered)
        if !absent.isEmpty { verdict.notes.append("\(cluster) does not have \(list(absent)) of the inventory yet") }
        let unknown = registered.subtracting(named)
        if !unknown.isEmpty { verdict.notes.append("the inventory does not name \(list(unknown)) of \(cluster)") }
        return verdict
    }

    private static func answers(_ host: Host, to name: String) -> Bool {
        [host.name, host.connection.address].contains { $0.lowercased() == name.lowercased() }
    }

    private static func list(_ ids: Set<Int32>) -> String {
        (ids.count == 1 ? "broker " : "brokers ") + BoundedList.text(ids.sorted().map(String.init), limit: 10)
    }
}
