import Playbooks

/// Which hosts a play means.
enum HostSelection {
    /// The hosts of a pattern, in its order, narrowed by `--limit`; `localhost` is never limited away.
    static func hosts(of pattern: HostPattern, limit: String?, in inventory: Inventory) -> [Host] {
        guard let chosen = try? pattern.resolve(in: inventory) else { return [] }
        guard let limit else { return chosen }
        let allowed = (try? HostPattern.resolve(limit, in: inventory, isOptional: true)) ?? []
        let names = Set(allowed.map(\.name))
        return chosen.filter { names.contains($0.name) || $0.name == Host.localhost.name }
    }

    /// The host of that name, `localhost` included.
    static func host(_ name: String, in inventory: Inventory) -> Host? {
        inventory.host(name) ?? (name == Host.localhost.name ? .localhost : nil)
    }
}
