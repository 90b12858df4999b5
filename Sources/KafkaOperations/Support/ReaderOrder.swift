import KafkaAdmin

/// The order in which people read partitions: topics that users made, then Kafka's own (`__consumer_offsets` and the
/// like), which are many and would hide them. Within both the order given stays, so that two looks read alike.
enum ReaderOrder {
    static func isOwn(_ topic: String) -> Bool { topic.hasPrefix("__") }

    static func precedes(_ one: String, _ other: String) -> Bool {
        isOwn(one) == isOwn(other) ? one < other : isOwn(other)
    }

    static func users<Item>(first items: [Item], topic: (Item) -> String) -> [Item] {
        items.filter { !isOwn(topic($0)) } + items.filter { isOwn(topic($0)) }
    }

    /// The first few of them by name, without sorting the many.
    static func first(_ limit: Int, of partitions: [TopicPartition]) -> [String] {
        var first = Array(partitions.lazy.filter { !isOwn($0.topic) }.prefix(limit))
        if first.count < limit { first += partitions.lazy.filter { isOwn($0.topic) }.prefix(limit - first.count) }
        return first.map(\.description)
    }
}
