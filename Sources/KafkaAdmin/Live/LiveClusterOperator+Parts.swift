import EventLoop
import KafkaWire

extension LiveClusterOperator {
    /// Sends a write part by part, one after the other, and gives one result per item. Each part has the time of a whole
    /// call.
    ///
    /// What was done stands: a part that cannot be sent is the failure of its own items, and the parts behind it are not sent,
    /// which their items say. Where there is but one part, its failure is that of the call.
    func inParts<Item, Key, Success>(
        _ parts: [[Item]], _ api: APIKey, key: (Item) -> Key,
        _ send: ([Item]) async throws(KafkaError) -> [ItemResult<Key, Success>]
    ) async throws(KafkaError) -> [ItemResult<Key, Success>] {
        var found: [ItemResult<Key, Success>] = []
        var failure: KafkaError?
        for part in parts {
            if let failure {
                found += part.map { item in
                    let name = key(item)
                    return ItemResult(
                        item: name,
                        result: .failure(
                            KafkaError(
                                .noResult, "\(name): not sent, because the request before it failed", api: api,
                                causes: [failure.message])))
                }
                continue
            }
            do throws(KafkaError) {
                found += try await send(part)
            } catch {
                guard parts.count > 1 else { throw error }
                failure = error
                found += part.map { ItemResult(item: key($0), result: .failure(error)) }
            }
        }
        return found
    }

    /// What a controller that counts its changes (KIP-599) answered: it asks to wait so many milliseconds.
    struct QuotaAnswer<Key: Sendable>: Sendable {
        var results: [ItemResult<Key, Void>]
        var wait: Int32
    }

    /// Sends a part, and those of its items again that the quota held up (THROTTLING_QUOTA_EXCEEDED: not done), each time after
    /// the wait that was asked for, as long as there is time.
    func withinQuota<Item, Key: Hashable & Sendable>(
        _ part: [Item], _ api: APIKey, key: (Item) -> Key,
        _ send: (LiveClusterOperator, [Item]) async throws(KafkaError) -> QuotaAnswer<Key>
    ) async throws(KafkaError) -> [ItemResult<Key, Void>] {
        var found: [Key: Result<Void, KafkaError>] = [:]
        var open = part
        while true {
            let answer: QuotaAnswer<Key>
            do throws(KafkaError) {
                answer = try await send(self, open)
            } catch {
                // What was done before stands.
                guard !found.isEmpty else { throw error }
                for item in open { found[key(item)] = .failure(error) }
                break
            }
            for result in answer.results { found[result.item] = result.result }
            open = open.filter { item in
                guard case .failure(let error)? = found[key(item)] else { return false }
                return error.serverCode == .throttlingQuotaExceeded
            }
            let wait = max(Self.shortestWait, Throttle.clamped(milliseconds: answer.wait))
            guard !open.isEmpty, reader.hasTime(for: wait) else { break }
            do { try await time.sleep(for: wait) } catch { break }
        }
        return part.map { item in
            let name = key(item)
            return ItemResult(item: name, result: found[name] ?? .failure(.noResult(api, "\(name)", kind: .write)))
        }
    }

    /// Where a broker gives no time.
    private static var shortestWait: Duration { .milliseconds(100) }

    /// Nobody can say which of two wishes for one thing is meant.
    func refuseRepeats<Key: Hashable>(of keys: [Key], _ api: APIKey) throws(KafkaError) {
        var seen: Set<Key> = []
        for key in keys where !seen.insert(key).inserted {
            throw KafkaError(.configuration, "\(key) is named twice", api: api)
        }
    }

    /// The controller makes at most 10,000 records of one request (`MAX_RECORDS_PER_USER_OP` of its QuorumController) and
    /// refuses what needs more.
    static var itemsPerRequest: Int { 1000 }
}

extension Array {
    func parts(of size: Int) -> [[Element]] { parts(upTo: size) { _ in 1 } }

    /// Cut so that the weights of a part add up to `limit` at most; an item that is heavier stands alone.
    func parts(upTo limit: Int, weight: (Element) -> Int) -> [[Element]] {
        var parts: [[Element]] = []
        var total = 0
        for element in self {
            let weight = Swift.max(1, Swift.min(weight(element), limit))
            if parts.isEmpty || total > limit - weight {
                parts.append([element])
                total = weight
            } else {
                parts[parts.count - 1].append(element)
                total += weight
            }
        }
        return parts
    }
}
