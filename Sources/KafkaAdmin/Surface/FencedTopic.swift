/// Values by key in a compact topic of the cluster, each replaced so that nobody comes between the look at the old one and
/// the writing of the new one.
package protocol FencedTopic: Sendable {
    /// The newest value of a key; nil: there is none, or no such topic. What is not committed does not count.
    func value(of key: String) async throws(KafkaError) -> [UInt8]?

    /// Replaces the value of a key by what `decide` makes of it, under the transactional id of that key; nothing is written
    /// where that is nil. The topic is made where it is not there.
    ///
    /// `decide` may be called several times, and gives a value each time that differs from every other one. An error does not
    /// say that nothing was written.
    func replace(
        _ key: String, _ decide: @Sendable ([UInt8]?) -> [UInt8]?
    ) async throws(KafkaError) -> FencedReplacement
}

/// What a replacement found, and what it left.
package struct FencedReplacement: Sendable, Hashable {
    package var before: [UInt8]?
    /// Nil: nothing was written.
    package var after: [UInt8]?

    package init(before: [UInt8]?, after: [UInt8]?) {
        self.before = before
        self.after = after
    }
}
