import Glibc
import Values

/// `opsrun simulate` in a process of its own, with its ledger.
final class ServedCluster {
    struct Entry {
        var node: Int64
        var effect: String
        var detail: String
        /// `process N`, `client ID`; nil: it happened by itself.
        var cause: String?

        /// Which broker answers a client says nothing.
        var text: String {
            if cause?.hasPrefix("client ") == true { return "\(effect) \(detail)" }
            return detail.isEmpty ? "\(effect) \(node)" : "\(effect) \(node) \(detail)"
        }
    }

    static let clusterID = "b3BzcnVuLXNpbXVsYXRlZA"
    private static let hosts = (1...3).map { "        b\($0): {broker_id: \($0)}" }.joined(separator: "\n")

    let control: String
    private(set) var bootstrap = ""
    private let opsrun: String
    private let folder: String
    private let victim: Victim

    init(opsrun: String, in folder: String, speed: Int = 20) throws {
        self.opsrun = opsrun
        self.folder = folder
        control = "\(folder)/c"
        try Disk.write(
            """
            all:
              vars:
                kafka_clusters:
                  demo:
                    version: 4.3.1
                    cluster_id: \(Self.clusterID)
                    simulated:
                      version: 3.9.2
                      racks: 3
                      start_time: 1s
                      stop_time: 2s
                      session_timeout: 9s
                      topics:
                        - {name: orders, partitions: 6, replication_factor: 3, min_insync_replicas: 2}
                    lifecycle: simulated
              children:
                brokers:
                  vars: {cluster: demo, ansible_connection: simulated}
                  hosts:
            \(Self.hosts)

            """, to: "\(folder)/simulated.yml")
        victim = try Victim(
            [opsrun, "simulate", "-i", "\(folder)/simulated.yml", "--speed", "\(speed)", "--control", control],
            environment: [:], in: folder)
        for _ in 0..<1200 {
            if let line = victim.said().split(separator: "\n").first(where: { $0.hasPrefix("bootstrap ") }) {
                bootstrap = String(line.dropFirst("bootstrap ".count))
                return
            }
            Victim.pause(microseconds: 50_000)
        }
        end()
        throw TortureFailure("the cluster is not served: \(victim.said())")
    }

    func end() {
        kill(victim.pid, SIGKILL)
        _ = victim.wait()
    }

    /// The inventory of the runs that drive it.
    func inventory(usesCommands: Bool) -> String {
        func ask(_ verb: String) -> String {
            "            \(verb): [\(opsrun), simulate, --control, \(control), --ask, \"\(verb) {{ host.node_id }}\"]"
        }
        let lifecycle =
            usesCommands
            ? "lifecycle:\n          commands:\n" + ["stop", "start", "status"].map(ask).joined(separator: "\n")
            : "lifecycle: {simulated: {control: \(control)}}"
        return """
            all:
              vars:
                kafka_clusters:
                  demo:
                    version: 4.3.1
                    cluster_id: \(Self.clusterID)
                    bootstrap: [\(bootstrap)]
                    lock: {lease: 5s}
                    \(lifecycle)
              children:
                brokers:
                  vars: {cluster: demo, ansible_connection: local}
                  hosts:
            \(Self.hosts)

            """
    }

    func ledger() throws -> [Entry] {
        let asked = try Victim(
            [opsrun, "simulate", "--control", control, "--ask", "ledger"], environment: [:], in: folder
        ).wait()
        guard let answer = try? JSON.parse(Array(asked.said.utf8)), let entries = answer["entries"]?.listValue else {
            throw TortureFailure("the ledger cannot be read: \(asked.said.prefix(200))")
        }
        return entries.map { entry in
            Entry(
                node: entry["node"]?.intValue ?? -1, effect: entry["effect"]?.stringValue ?? "",
                detail: entry["detail"]?.stringValue ?? "", cause: entry["by"]?.stringValue)
        }
    }
}
