import EventLoop
import KafkaAdmin
import Playbooks
import Values

/// Where a task runs, for making its context: in a plan or in a run.
struct TaskPlace {
    var play: Play
    var host: Host
    var batch: [Host]
    var scope: RunScope
    var frames: ScopeFrames
    var clusters: ClusterChoice
    var access: [String: ClusterAccess]
    var inputs: RunInputs

    /// What a read of this task may use. `scope` has the task's own names on top.
    func context(for task: PlaybookTask, folder: String, in names: ValueScope) throws(StepFailure) -> ReadContext {
        let cluster = clusters.name(task: task, play: play, host: host)
        var target = host
        var environment: [(name: String, value: Value)] = []
        let timeout: Duration?
        do throws(EvaluationError) {
            if let name = try task.delegateTo?.evaluate(in: names).stringValue {
                guard let other = HostSelection.host(name, in: inputs.inventory) else {
                    throw EvaluationError(.value, "there is no host \(name)", at: task.span)
                }
                target = other
            }
            for template in [play.environment, task.environment] {
                guard let template, let map = try template.evaluate(in: names).mapValue else { continue }
                for (name, value) in map {
                    environment.removeAll { $0.name == name }
                    environment.append((name, value))
                }
            }
            timeout = try task.timeout?.evaluate(in: names, as: .optional(.duration)).durationValue
        } catch {
            throw StepFailure(error)
        }
        let (frames, batch, host, scope) = (frames, batch, host, scope)
        var context = ReadContext(
            host: target, inventory: inputs.inventory,
            clusterSettings: cluster.flatMap { inputs.inventory.cluster($0) },
            cluster: cluster.flatMap { access[$0]?.reader }, time: inputs.time, timeout: timeout,
            become: task.become ?? (play.become || target.connection.become), environment: environment, folder: folder,
            evaluate: { expression, more in try expression.evaluate(in: names.adding(more)) },
            scope: {
                var values = scope.values(for: host, cluster: cluster, batch: batch)
                for (name, value) in frames.values() { values[name] = value }
                return values
            })
        context.clusterID = cluster.flatMap { access[$0]?.clusterID }
        context.showsDifferences = inputs.options.showsDifferences
        return context
    }
}
