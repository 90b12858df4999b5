package import EventLoop
package import KafkaAdmin
package import Playbooks
package import RunEngine
package import Values

/// Contexts for actions under test, and what they reported.
package final class StepBench: Sendable {
    private struct State {
        var records: [StepRecord] = []
        var messages: [String] = []
        var lines: [String] = []
        var states: [String] = []
    }

    private let state = Locked(State())
    package let host: Host
    package let inventory: Inventory
    package let time: any TimeSource
    package let folder: String
    package let outputFolder: String

    package init(
        host: Host = StepBench.localhost, inventory: Inventory = .empty, time: any TimeSource = SystemTimeSource(),
        folder: String = "", outputFolder: String = ""
    ) {
        self.host = host
        self.inventory = inventory
        self.time = time
        self.folder = folder
        self.outputFolder = outputFolder
    }

    package static let localhost = StepBench.host("localhost")

    package static func host(
        _ name: String, node: Int32? = nil, isBroker: Bool = true, cluster: String? = nil, variables: ValueMap = [:],
        connection: ConnectionSettings? = nil
    ) -> Host {
        Host(
            name: name, variables: variables, cluster: cluster, nodeID: node, brokerID: isBroker ? node : nil,
            rack: nil, connection: connection ?? ConnectionSettings(kind: .local, address: name), lifecycle: nil,
            groups: [], span: SourceSpan(file: "inventory.yml", line: 1, column: 1))
    }

    package var records: [StepRecord] { state.withLock { $0.records } }
    package var messages: [String] { state.withLock { $0.messages } }
    package var lines: [String] { state.withLock { $0.lines } }
    package var brokerStates: [String] { state.withLock { $0.states } }

    package func reading(
        cluster: (any ClusterReader)? = nil, timeout: Duration? = nil, environment: [(name: String, value: Value)] = [],
        scope: ValueMap = [:]
    ) -> ReadContext {
        ReadContext(
            host: host, inventory: inventory, clusterSettings: host.cluster.flatMap { inventory.cluster($0) },
            cluster: cluster, time: time, timeout: timeout, become: false, environment: environment, folder: folder,
            evaluate: { expression, more in
                var values = ValueScope(scope)
                values.push()
                for (name, value) in more { values.define(name, value) }
                return try expression.evaluate(in: values)
            }, scope: { scope })
    }

    package func step(
        cluster: (any ClusterReader)? = nil, writer: (any ClusterOperator)? = nil, timeout: Duration? = nil,
        environment: [(name: String, value: Value)] = [], scope: ValueMap = [:]
    ) -> StepContext {
        StepContext(
            reading: reading(cluster: cluster, timeout: timeout, environment: environment, scope: scope),
            clusterOperator: writer, key: "test", runID: "test", outputFolder: outputFolder, approvals: [],
            report: { [state] progress in
                state.withLock { state in
                    state.messages.append(progress.message)
                    state.lines += progress.output
                    if let broker = progress.brokerState { state.states.append(broker) }
                }
            },
            record: { [state] record in state.withLock { $0.records.append(record) } }, isStopping: { false })
    }

    /// An action of the catalog with arguments, defaults filled in.
    package static func make(
        _ catalog: Catalog, _ name: String, _ values: ValueMap = [:], conditions: [String: [Expression]] = [:]
    ) throws -> any Action {
        guard let entry = catalog[name] else { throw StepFailure(.internalError, "there is no action \(name)") }
        var complete = values
        for parameter in entry.reference.parameters where complete[parameter.name] == nil {
            if let value = parameter.defaultValue { complete[parameter.name] = value }
        }
        return try entry.make(
            Arguments(
                values: complete, conditions: conditions, span: SourceSpan(file: "test.yml", line: 1, column: 1)))
    }
}

extension ActionOutcome {
    /// The failure of a step that failed or whose outcome is unknown.
    package var failure: StepFailure? {
        switch status {
        case .failed(let failure), .unknown(let failure): failure
        default: nil
        }
    }

    package var isChanged: Bool { if case .changed = status { true } else { false } }
    package var skipReason: String? { if case .skipped(let reason) = status { reason } else { nil } }
}
