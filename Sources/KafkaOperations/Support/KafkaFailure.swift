import KafkaAdmin
import RunEngine

extension StepFailure {
    /// Whatever was thrown, as a failure of a step.
    static func from(_ error: any Error, doing what: String) -> StepFailure {
        switch error {
        case let failure as StepFailure: failure
        case let error as KafkaError: StepFailure(error, doing: what)
        case is CancellationError: StepFailure(.cancelled, "\(what): cancelled")
        default: StepFailure(.internalError, what, causes: [String(describing: error)])
        }
    }
}

extension ActionPlan {
    /// What `work` plans; where it refuses, a plan that says so.
    static func orRefusal(
        _ work: () async throws(StepFailure) -> ActionPlan
    ) async throws(StepFailure) -> ActionPlan {
        do throws(StepFailure) { return try await work() } catch {
            guard error.code == .refused else { throw error }
            return ActionPlan(refusals: [error])
        }
    }
}

extension ReadContext {
    /// The cluster to read, or why there is none.
    func requireCluster(for action: String) throws(StepFailure) -> any ClusterReader {
        guard let cluster else {
            throw StepFailure(
                .invalid, "\(action) needs a Kafka cluster, and none is known here",
                nextAction: "name one by `cluster:` in the playbook, play or task, or by --cluster")
        }
        return cluster
    }
}

extension StepContext {
    func requireOperator(for action: String) throws(StepFailure) -> any ClusterOperator {
        guard let clusterOperator else {
            throw StepFailure(
                .invalid, "\(action) needs a Kafka cluster, and none is known here",
                nextAction: "name one by `cluster:` in the playbook, play or task, or by --cluster")
        }
        return clusterOperator
    }
}
