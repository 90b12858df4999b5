import EventLoop
import KafkaWire

/// Calls to the coordinators of groups or transactional ids: looks them up, sends each what it coordinates, and follows keys
/// whose coordinator moves, dies or cannot be reached. All together end by the deadline of the reader.
///
/// A write is sent again when it was not sent, and when who was asked says that it is no coordinator (15, 16) or still loads
/// (14). Only the last of these proves that nothing was done: after the others what is no success is an unknown outcome.
struct CoordinatorCalls: Sendable {
    enum KeyType: Int8, Sendable { case group = 0, transaction }

    /// Within one call of the surface.
    let reader: LiveClusterReader
    let type: KeyType
    /// A write that is answered without a result may have been done.
    var kind = RequestKind.read

    private var sender: any RequestSender { reader.sender }
    private var time: any TimeSource { reader.time }

    init(_ reader: LiveClusterReader, _ type: KeyType, kind: RequestKind = .read) {
        self.reader = reader.timed
        self.type = type
        self.kind = kind
    }

    /// What one coordinator says about its keys; a key that is left out becomes an error of its own.
    typealias Ask<Success> =
        @Sendable (_ node: Int32, _ keys: [String]) async throws(KafkaError) -> [String: Result<Success, KafkaError>]

    /// One result per key, in order; a repeated key is asked for once.
    func results<Success: Sendable>(
        for keys: [String], _ api: APIKey, _ ask: @escaping Ask<Success>
    ) async -> [ItemResult<String, Success>] {
        let settled = await settle(keys, api, ask)
        return keys.map { key in
            let result = settled.found[key] ?? .failure(.noResult(api, key, kind: kind))
            return ItemResult(item: key, result: result.doubted(because: settled.doubts[key], api))
        }
    }

    /// The same for one key; with what is open about an earlier attempt.
    func result<Success: Sendable>(
        for key: String, _ api: APIKey, _ ask: @escaping @Sendable (Int32) async throws(KafkaError) -> Success
    ) async throws(KafkaError) -> Settled<Success> {
        let settled: Found<Success> = await settle([key], api) { node, _ in
            [key: await Self.caught { () async throws(KafkaError) in try await ask(node) }]
        }
        let result = settled.found[key] ?? .failure(.noResult(api, key, kind: kind))
        return Settled(
            answer: try result.doubted(because: settled.doubts[key], api).get(), doubt: settled.doubts[key])
    }

    /// An answer, and the code of an earlier attempt that may have been done.
    struct Settled<Success: Sendable>: Sendable {
        var answer: Success
        var doubt: KafkaErrorCode?
    }

    private struct Found<Success: Sendable>: Sendable {
        var found: [String: Result<Success, KafkaError>] = [:]
        var doubts: [String: KafkaErrorCode] = [:]
    }

    private func settle<Success: Sendable>(
        _ keys: [String], _ api: APIKey, _ ask: @escaping Ask<Success>
    ) async -> Found<Success> {
        var all = Found<Success>()
        var open = Array(Set(keys)).sorted()
        let attempts = min(Self.attempts, reader.sender.attempts)
        for attempt in 1...attempts where !open.isEmpty {
            for (key, result) in await round(open, api, ask) {
                // Nothing new about a key for which there was no time left.
                if case .failure(let error) = result, error.isOutOfTime, all.found[key] != nil { continue }
                all.found[key] = result
                guard kind == .write, case .failure(let error) = result, error.api == api,
                    let code = error.serverCode, code.leavesDoubt, all.doubts[key] == nil
                else { continue }
                all.doubts[key] = code
            }
            open = open.filter { key in
                if case .failure(let error) = all.found[key] { mayHelp(error) } else { false }
            }
            guard !open.isEmpty, attempt < attempts, !Task.isCancelled else { break }
            let pause = min(Self.longestPause, Self.pause * attempt)
            guard reader.hasTime(for: pause) else { break }
            do { try await time.sleep(for: pause) } catch { break }
        }
        return all
    }

    private static func caught<Success: Sendable>(
        _ body: () async throws(KafkaError) -> Success
    ) async -> Result<Success, KafkaError> {
        do throws(KafkaError) { return .success(try await body()) } catch { return .failure(error) }
    }

    /// Whether to look the coordinator up again: also when it cannot be reached or does not answer, because another may have
    /// taken over. Of a write both say that it was not sent.
    private func mayHelp(_ error: KafkaError) -> Bool {
        switch error.code {
        case .server(let code):
            code.isCoordinatorMoving
                || (kind == .read && code.isRetriable && code != .unknownTopicOrPartition
                    && code != .unstableOffsetCommit)
        case .unknownNode, .unreachable: true
        case .timedOut: !error.isOutOfTime
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
                let answer = try await reader.call(request, to: .any).response
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
            let answer = try await reader.call(request, to: .any).response
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
}

extension KafkaErrorCode {
    /// COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: to be looked up again.
    var isCoordinatorMoving: Bool {
        self == .coordinatorLoadInProgress || self == .coordinatorNotAvailable || self == .notCoordinator
    }
}

extension LiveClusterReader {
    var groups: CoordinatorCalls { CoordinatorCalls(self, .group) }
    var transactions: CoordinatorCalls { CoordinatorCalls(self, .transaction) }
}

extension LiveClusterOperator {
    var reader: LiveClusterReader {
        var reader = LiveClusterReader(sender: sender, time: time)
        reader.deadline = deadline
        reader.end = end
        return reader
    }

    var groups: CoordinatorCalls { CoordinatorCalls(reader, .group, kind: .write) }
    var leaders: LeaderCalls { LeaderCalls(reader, kind: .write) }

    /// A write to one node, sent once: whoever asks finds out where to send it next.
    func write<Request: KafkaRequest>(
        _ request: Request, to node: Int32
    ) async throws(KafkaError) -> Request.Response {
        try await sender.call(
            request, to: .once(node), kind: .write, within: try reader.timeLeft(to: "send \(Request.apiKey)")
        ).response
    }
}
