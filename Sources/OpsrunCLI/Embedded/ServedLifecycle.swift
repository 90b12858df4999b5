internal import EventLoop
package import KafkaOperations
package import Playbooks
package import RunEngine
package import Values

/// `lifecycle: {simulated: {control: PATH}}`: the hosts of an embedded cluster that another process serves
/// (`opsrun simulate --control PATH`).
package struct ServedLifecycle: Lifecycle {
    /// Questions are asked here: they block.
    private static let thread = BlockingThread(name: "opsrun-ask")

    private let control: String
    private let node: Int32

    package init(control: String, node: Int32) {
        self.control = control
        self.node = node
    }

    package var name: String { "the served cluster" }

    package func has(_ operation: LifecycleOperation) -> Bool { EmbeddedLifecycle.operations.contains(operation) }

    package func commands(for operation: LifecycleOperation, version: Version?) throws(StepFailure) -> [[String]] { [] }

    package func perform(
        _ operation: LifecycleOperation, version: Version?, in context: LifecycleContext
    ) async throws(StepFailure) -> LifecycleOutcome {
        _ = try await ask(operation.rawValue + " \(node)" + (version.map { " \($0)" } ?? ""))
        return LifecycleOutcome()
    }

    package func installedVersion(in context: LifecycleContext) async throws(StepFailure) -> Version? {
        try await ask("status \(node)")["installed_version"]?.stringValue.flatMap(Version.init)
    }

    package func runningVersion(in context: LifecycleContext) async throws(StepFailure) -> Version? {
        try await ask("status \(node)")["version"]?.stringValue.flatMap(Version.init)
    }

    package func process(in context: LifecycleContext) async throws(StepFailure) -> BrokerProcess? {
        let status = try await ask("status \(node)")
        return BrokerProcess(
            isRunning: status["running"] == .bool(true),
            invocation: status["incarnation"]?.intValue.map { "start \($0)" })
    }

    private func ask(_ question: String) async throws(StepFailure) -> Value {
        let control = control
        let answer: Result<Value, StepFailure>
        do throws(SystemError) {
            answer = try await Self.thread.run { Self.ask(question, at: control) }
        } catch {
            throw StepFailure(.failed, "the served cluster cannot be asked: \(error)")
        }
        let value = try answer.get()
        guard value["ok"] == .bool(true) else {
            throw StepFailure(
                .failed, "the served cluster refused: \(value["error"]?.stringValue ?? "nobody knows why")")
        }
        return value
    }

    /// Asks whoever serves a cluster. Blocks.
    package static func ask(_ question: String, at control: String) -> Result<Value, StepFailure> {
        do throws(LocalSocket.Failure) {
            let bytes = try LocalSocket.ask(question, at: control)
            guard let value = try? JSON.parse(bytes) else {
                return .failure(StepFailure(.unknownOutcome, "what the served cluster said at \(control) is no JSON"))
            }
            return .success(value)
        } catch {
            switch error {
            case .unheard(let error):
                return .failure(
                    StepFailure(
                        .unreachable, "nobody serves the cluster at \(control)", causes: [error.description],
                        nextAction: "opsrun simulate --control \(control)"))
            case .unanswered(let error):
                return .failure(
                    StepFailure(.unknownOutcome, "the served cluster did not answer", causes: [error.description]))
            }
        }
    }

    // MARK: The inventory

    private static let key = "control"

    /// The one of a host; nil when its lifecycle is another one.
    package static func find(
        _ host: Host, in inventory: Inventory
    ) throws(StepFailure) -> ServedLifecycle? {
        guard let node = LifecycleDecoder.node(of: host, in: inventory), let options = options(of: node) else {
            return nil
        }
        guard let path = path(options), let id = host.nodeID else {
            throw StepFailure(.invalid, "\(host.name): `simulated` needs `control`, and the host a node id")
        }
        return ServedLifecycle(control: path.hasPrefix("/") ? path : "\(node.folder)/\(path)", node: id)
    }

    /// What is wrong with those of an inventory.
    package static func check(_ inventory: Inventory) -> [Diagnostic] {
        let nodes = inventory.clusters.compactMap(\.lifecycle) + inventory.hosts.compactMap(\.lifecycle)
        return nodes.compactMap { node in
            guard let options = options(of: node), path(options) == nil else { return nil }
            return Diagnostic(
                code: "lifecycle", "`simulated` with options has `control`: the socket of `opsrun simulate --control`",
                hint: "lifecycle: {simulated: {control: /run/opsrun-demo}}", at: options.span)
        }
    }

    private static func options(of node: ConfigurationNode) -> ValueTemplate? {
        guard case .success(.other("simulated", let options?)) = LifecycleDecoder.decode(node, presets: ["simulated"])
        else { return nil }
        return options
    }

    private static func path(_ options: ValueTemplate) -> String? {
        guard case .map(let entries, _) = options else {
            guard case .literal(let literal) = options, let map = literal.value.mapValue, map.count == 1 else {
                return nil
            }
            return map[key]?.stringValue
        }
        guard entries.count == 1, entries[0].key.value == key, case .literal(let text) = entries[0].value else {
            return nil
        }
        return text.value.stringValue.flatMap { $0.isEmpty ? nil : $0 }
    }
}
