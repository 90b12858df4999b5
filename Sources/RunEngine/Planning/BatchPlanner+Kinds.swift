import EventLoop
import KafkaAdmin
import Playbooks
import Values

/// What a task is: its action, effect, cluster and title.
extension BatchPlanner {
    func call(_ task: PlaybookTask) -> ActionCall {
        switch task.work {
        case .action(let call): call
        case .gate(let gate): gate.action
        }
    }

    func actionName(_ task: PlaybookTask) -> String { call(task).name.value }

    func effect(_ task: PlaybookTask) -> Effect {
        guard case .action(let call) = task.work else { return .read }
        return call.name.value == Approval.action ? .read : index.effect(of: call, in: task)
    }

    func isWrite(_ task: PlaybookTask) -> Bool { effect(task) != .read }

    func mentionsRun(_ call: ActionCall) -> Bool {
        call.arguments.contains { $0.value.names.contains("run") }
    }

    func settings(_ task: PlaybookTask, _ host: Host) -> ClusterSettings? {
        let target = index[actionName(task)]?.reference.target ?? .runner
        let name =
            task.cluster?.value
            ?? (target == .cluster ? clusters.name(task: task, play: play, host: host) : host.cluster)
        return name.flatMap { inputs.inventory.cluster($0) }
    }

    mutating func title(_ task: PlaybookTask, _ host: Host) -> String {
        guard let name = task.name else {
            if case .gate(let gate) = task.work { return gate.name }
            return actionName(task)
        }
        guard let names = frames[host.name]?.scope() else { return name.source }
        return (try? name.render(in: names)) ?? name.source
    }

    func gate(_ task: PlaybookTask) -> PlannedGate? {
        guard case .gate(let call) = task.work, var hostFrames = frames[hosts[0].name] else { return nil }
        guard let timing = try? GateTiming(call, in: hostFrames.scope()) else { return nil }
        return PlannedGate(
            name: call.name, action: call.action.name.value, interval: timing.period, stableFor: timing.stableFor,
            timeout: timing.timeout, stalledFor: timing.stalledFor)
    }
}
