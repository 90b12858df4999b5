/// What MirrorMaker makes in a cluster, told by names alone: there is nothing else that tells it.
///
/// With its default policy a copy is named after the cluster that it comes from (`primary.orders`), and the checkpoints of that flow
/// lie beside it (`primary.checkpoints.internal`). With the identity policy copies look like any other topic.
enum MirroredTopics {
    private static let checkpoints = ".checkpoints.internal"
    private static let heartbeats = "heartbeats"

    /// MirrorMaker's own, apart from the copies: what it keeps its state in.
    static func isOwn(_ name: String) -> Bool {
        name == heartbeats || name.hasPrefix("mm2-") || name.hasSuffix(checkpoints)
            || name.hasSuffix(".\(heartbeats)") && name.count > heartbeats.count + 1
    }

    /// The clusters from which copies come, by the names that are there.
    static func sources(_ names: some Sequence<String>) -> Set<String> {
        Set(
            names.compactMap { name in
                guard name.hasSuffix(checkpoints), name.count > checkpoints.count else { return nil }
                return String(name.dropLast(checkpoints.count))
            })
    }

    /// The cluster that a topic is a copy of; nil: no copy.
    static func source(of name: String, among sources: Set<String>) -> String? {
        sources.filter { name.hasPrefix("\($0).") && name.count > $0.count + 1 }.max { $0.count < $1.count }
    }
}
