package import KafkaAdmin
import Playbooks
import Values

/// Orders the hosts of a play and sizes its batches. The order is read again before each batch.
enum BatchOrder {
    /// `leader` and `leaders` are asked only where the order needs them.
    static func sort(_ hosts: [Host], by order: Play.Order, facts: OrderFacts) -> [Host] {
        switch order {
        case .inventory: hosts
        case .sorted: hosts.sorted { $0.name.precedes($1.name) }
        case .reverseInventory: hosts.reversed()
        case .reverseSorted: hosts.sorted { $1.name.precedes($0.name) }
        case .controllerLast:
            hosts.filter { $0.nodeID == nil || $0.nodeID != facts.quorumLeader }
                + hosts.filter { $0.nodeID != nil && $0.nodeID == facts.quorumLeader }
        case .rack: byRack(hosts)
        case .leastLeadersFirst:
            hosts.enumerated().sorted { left, right in
                let (one, other) = (facts.leaderCount(left.element), facts.leaderCount(right.element))
                return one != other ? one < other : left.offset < right.offset
            }.map(\.element)
        }
    }

    /// Rack by rack, in the order in which racks appear; hosts without a rack last.
    private static func byRack(_ hosts: [Host]) -> [Host] {
        var racks: [String] = []
        for host in hosts {
            if let rack = host.rack, !racks.contains(rack) { racks.append(rack) }
        }
        return racks.flatMap { rack in hosts.filter { $0.rack == rack } } + hosts.filter { $0.rack == nil }
    }

    /// Reads what an order needs to know.
    static func facts(for order: Play.Order, reader: (any ClusterReader)?) async throws(StepFailure) -> OrderFacts {
        var facts = OrderFacts()
        guard order.isLive else { return facts }
        guard let reader else {
            throw StepFailure(.failed, "order: \(order.rawValue) needs a cluster, and the play has none")
        }
        do throws(KafkaError) {
            if order == .controllerLast {
                facts.quorumLeader = try await reader.describeQuorum().leaderID
            } else {
                for partition in try await reader.snapshot(topics: nil, from: .any).partitions {
                    facts.leaders[partition.leader, default: 0] += 1
                }
            }
        } catch {
            throw StepFailure(error, doing: "reading the order \(order.rawValue)")
        }
        return facts
    }

    /// How many hosts the batch number `batch` takes, of a play with `count` hosts; at least one.
    static func size(
        of batch: Int, serial: [Play.BatchSize], count: Int, scope: ValueScope
    ) throws(StepFailure) -> Int {
        guard !serial.isEmpty else { return max(1, count) }
        switch serial[min(batch, serial.count - 1)] {
        case .count(let size): return max(1, size)
        case .percent(let percent): return max(1, count.multipliedReportingOverflow(by: percent).partialValue / 100)
        case .expression(let template):
            do throws(EvaluationError) {
                guard let size = try template.evaluate(in: scope).intValue, size > 0 else {
                    throw EvaluationError(.value, "a batch has at least one host", at: template.span)
                }
                return Int(clamping: size)
            } catch {
                throw StepFailure(error)
            }
        case .safe: throw StepFailure(.internalError, "the size of a safe batch is asked of the cluster")
        }
    }
}

extension BatchOrder {
    /// How many batches `count` hosts make.
    static func batchCount(serial: [Play.BatchSize], count: Int, scope: ValueScope) throws(StepFailure) -> Int {
        var (left, batches) = (count, 0)
        while left > 0 {
            left -= try size(of: batches, serial: serial, count: count, scope: scope)
            batches += 1
        }
        return batches
    }
}

extension Play.Order {
    /// It depends on the cluster's present state, and is read again before each batch.
    var isLive: Bool { self == .controllerLast || self == .leastLeadersFirst }
}

/// What orders are made of.
struct OrderFacts: Sendable, Hashable {
    var quorumLeader: Int32?
    /// Partitions led, by node.
    var leaders: [Int32: Int] = [:]

    func leaderCount(_ host: Host) -> Int { host.nodeID.flatMap { leaders[$0] } ?? 0 }
}

extension StepFailure {
    /// An answer of the client that did not come.
    package init(_ error: KafkaError, doing what: String) {
        let code: Code =
            switch error.code {
            case .unreachable, .notAuthorized, .authentication, .speaksHTTP, .speaksTLS, .speaksPlaintext, .tlsFailed,
                .notKafka, .timedOut:
                .unreachable
            case .unknownOutcome: .unknownOutcome
            case .wrongCluster: .refused
            case .cancelled: .cancelled
            default: .failed
            }
        self.init(code, what, causes: [error.message] + error.causes, nextAction: error.nextAction)
    }
}
