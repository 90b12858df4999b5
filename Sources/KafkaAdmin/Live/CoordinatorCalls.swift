import EventLoop
import KafkaWire

/// Calls to the coordinators of groups or transactional ids: looks them up, sends each what it coordinates, and follows keys
/// whose coordinator moves.
///
/// A coordinator that says that it is none (15, 16), or that it is still loading (14), has done nothing, so that a write may
/// be sent again too. A write without an answer is not.
struct CoordinatorCalls: Sendable {
    enum KeyType: Int8, Sendable { case group = 0, transaction }

    let sender: any RequestSender
    let time: any TimeSource
    let type: KeyType
    /// A write that is answered without a result may have been done.
    var kind = RequestKind.read

    /// What one coordinator says about its keys; a key that is left out becomes an error of its own.
    typealias Ask<Success> =
        @Sendable (_ node: Int32, _ keys: [String]) async throws(KafkaError) -> [String: Result<Success, KafkaError>]

    /// One result per key, in order; a repeated key is asked for once.
    func results<Success: Sendable>(
        for keys: [String], _ api: APIKey, _ ask: @escaping Ask<Success>
    ) async -> [ItemResult<String, Success>] {
        var found: [String: Result<Success, KafkaError>] = [:]
        var open = Array(Set(keys)).sorted()
        let deadline = time.monotonic + Self.limit
        var attempt = 0
        while !open.isEmpty {
            attempt += 1
            let round = await self.round(open, api, ask)
            for (key, result) in round { found[key] = result }
            open = open.filter { key in
                if case .failure(let error) = found[key] { Self.mayHelp(error) } else { false }
            }
            guard !open.isEmpty, attempt < Self.attempts, time.monotonic < deadline, !Task.isCancelled else { break }
            do { try await time.sleep(for: min(Self.longestPause, Self.pause * attempt)) } catch { break }
        }
        return keys.map { ItemResult(item: $0, result: found[$0] ?? .failure(.noResult(api, $0))) }
    }

    /// The same for one key.
    func result<Success: Sendable>(
        for key: String, _ api: APIKey, _ ask: @escaping @Sendable (Int32) async throws(KafkaError) -> Success
    ) async throws(KafkaError) -> Success {
        let results: [ItemResult<String, Success>] = await results(for: [key], api) { node, _ in
            [key: await Self.caught { () async throws(KafkaError) in try await ask(node) }]
        }
        guard let first = results.first else { throw .noResult(api, key) }
        return try first.result.get()
    }

    private static func caught<Success: Sendable>(
        _ body: () async throws(KafkaError) -> Success
    ) async -> Result<Success, KafkaError> {
        do throws(KafkaError) { return .success(try await body()) } catch { return .failure(error) }
    }

    /// Whether to look the coordinator up again: also when it cannot be reached, because another may have taken over.
    private static func mayHelp(_ error: KafkaError) -> Bool {
        switch error.code {
        case .server(let code): code.isCoordinatorMoving
        case .unknownNode: true
        default: false
        }
    }

    private func round<Success: Sendable>(
        _ keys: [String], _ api: APIKey, _ ask: @escaping Ask<Success>
    ) async -> [String: Result<Success, KafkaError>] {
        let places = await places(of: keys)
        var found: [String: Result<Success, KafkaError>] = [:]
        var byNode: [Int32: [String]] = [:]
        for key in keys {
            switch places[key] {
            case .success(let node): byNode[node, default: []].append(key)
            case .failure(let error): found[key] = .failure(error)
            case nil: found[key] = .failure(.noResult(.findCoordinator, key))
            }
        }
        let reader = LiveClusterReader(sender: sender, time: time)
        let parts = byNode.sorted { $0.key < $1.key }.flatMap { node, keys in
            stride(from: 0, to: keys.count, by: Self.keysPerRequest).map {
                Part(node: node, keys: Array(keys[$0..<min($0 + Self.keysPerRequest, keys.count)]))
            }
        }
        for answer in await reader.each(parts, { part throws(KafkaError) in try await ask(part.node, part.keys) }) {
            for key in answer.item.keys {
                switch answer.result {
                case .success(let results): found[key] = results[key] ?? .failure(.noResult(api, key, kind: kind))
                case .failure(let error): found[key] = .failure(error)
                }
            }
        }
        return found
    }

    private struct Part: Sendable {
        var node: Int32
        var keys: [String]
    }

    // MARK: Looking up

    private func places(of keys: [String]) async -> [String: Result<Int32, KafkaError>] {
        var found: [String: Result<Int32, KafkaError>] = [:]
        for start in stride(from: 0, to: keys.count, by: Self.keysPerRequest) {
            let part = Array(keys[start..<min(start + Self.keysPerRequest, keys.count)])
            let request = FindCoordinatorRequest(keyType: type.rawValue, coordinatorKeys: part)
            do throws(KafkaError) {
                let answer = try await sender.call(request, to: .any, kind: .read, within: nil).response
                for place in answer.coordinators where found[place.key] == nil {
                    found[place.key] = Self.place(
                        place.nodeId, place.errorCode, place.errorMessage, key: place.key)
                }
            } catch let error where error.code == .unsupportedVersion {
                // Before v4 (3.0) a request asks for one key.
                for key in part { found[key] = await place(of: key) }
            } catch {
                for key in part { found[key] = .failure(error) }
            }
        }
        return found
    }

    private func place(of key: String) async -> Result<Int32, KafkaError> {
        do throws(KafkaError) {
            let request = FindCoordinatorRequest(key: key, keyType: type.rawValue)
            let answer = try await sender.call(request, to: .any, kind: .read, within: nil).response
            return Self.place(answer.nodeId, answer.errorCode, answer.errorMessage, key: key)
        } catch {
            return .failure(error)
        }
    }

    private static func place(
        _ node: Int32, _ code: KafkaErrorCode, _ message: String?, key: String
    ) -> Result<Int32, KafkaError> {
        code.isError
            ? .failure(.answered(code, message: message, api: .findCoordinator, about: key)) : .success(node)
    }

    /// Keeps requests and answers small; Kafka itself has no limit.
    private static var keysPerRequest: Int { 500 }

    /// A coordinator that loads needs seconds; a topic of offsets that is just being made, too.
    private static var attempts: Int { 40 }
    private static var pause: Duration { .milliseconds(100) }
    private static var longestPause: Duration { .seconds(1) }
    private static var limit: Duration { .seconds(60) }
}

extension KafkaErrorCode {
    /// COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: nothing was done.
    var isCoordinatorMoving: Bool {
        self == .coordinatorLoadInProgress || self == .coordinatorNotAvailable || self == .notCoordinator
    }
}

extension LiveClusterReader {
    var groups: CoordinatorCalls { CoordinatorCalls(sender: sender, time: time, type: .group) }
    var transactions: CoordinatorCalls { CoordinatorCalls(sender: sender, time: time, type: .transaction) }
}

extension LiveClusterOperator {
    var reader: LiveClusterReader { LiveClusterReader(sender: sender, time: time) }
    var groups: CoordinatorCalls {
        CoordinatorCalls(sender: sender, time: time, type: .group, kind: .write)
    }

    var leaders: LeaderCalls { LeaderCalls(reader: reader, kind: .write) }

    /// A write to one node.
    func write<Request: KafkaRequest>(
        _ request: Request, to node: Int32
    ) async throws(KafkaError) -> Request.Response {
        try await sender.call(request, to: .node(node), kind: .write, within: nil).response
    }
}
