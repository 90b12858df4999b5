import KafkaWire

extension LiveClusterOperator {
    /// Sends a write part by part, one after the other, and gives one result per item.
    ///
    /// When the first part cannot be sent, that is the failure of the call: nothing was done. After that what was done
    /// stands, and a failure is that of the items that were in it; the parts behind it are not sent.
    func inParts<Item, Key, Success>(
        _ parts: [[Item]], _ api: APIKey, key: (Item) -> Key,
        _ send: ([Item]) async throws(KafkaError) -> [ItemResult<Key, Success>]
    ) async throws(KafkaError) -> [ItemResult<Key, Success>] {
        var found: [ItemResult<Key, Success>] = []
        var failure: KafkaError?
        for (index, part) in parts.enumerated() {
            if failure == nil {
                do throws(KafkaError) {
                    found += try await send(part)
                    continue
                } catch {
                    guard index > 0 else { throw error }
                    failure = error
                    found += part.map { ItemResult(item: key($0), result: .failure(error)) }
                    continue
                }
            }
            found += part.map { item in
                let name = key(item)
                return ItemResult(
                    item: name,
                    result: .failure(
                        KafkaError(.noResult, "\(name): not sent, because the request before it failed", api: api)))
            }
        }
        return found
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
