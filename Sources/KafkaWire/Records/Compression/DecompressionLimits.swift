/// How much compressed records may become, so that a few bytes from a peer cannot fill the memory or hold a processor.
package struct DecompressionLimits: Sendable, Equatable {
    /// The most that one batch may become. Kafka's own limit for a batch (`max.message.bytes`) is 1 MiB by default and
    /// counts compressed bytes.
    package static let largestBatch = 64 << 20
    /// The most that bytes may become, in relation to what was received. Text of one repeated line reaches 50.
    package static let largestRatio = 100
    /// What a few bytes may become even at a higher ratio: small batches of repetitive records exceed the ratio.
    package static let alwaysAllowed = 4 << 20

    package var largestBatch: Int
    package var largestRatio: Int
    package var alwaysAllowed: Int

    package init(
        largestBatch: Int = Self.largestBatch, largestRatio: Int = Self.largestRatio,
        alwaysAllowed: Int = Self.alwaysAllowed
    ) {
        self.largestBatch = largestBatch
        self.largestRatio = largestRatio
        self.alwaysAllowed = alwaysAllowed
    }

    package static let standard = DecompressionLimits()

    /// What is reserved on a peer's word alone.
    static func commonly(_ received: Int) -> Int {
        let (product, overflow) = received.multipliedReportingOverflow(by: largestRatio)
        return overflow ? 0 : product
    }

    /// What a number of received bytes may become by the ratio.
    func byRatio(_ received: Int) -> Int {
        let (product, overflow) = received.multipliedReportingOverflow(by: largestRatio)
        return max(alwaysAllowed, overflow ? Int.max : product)
    }
}

/// What is left to the batches of one answer: many small bombs together are a large one.
struct DecompressionBudget: Sendable {
    private let limits: DecompressionLimits
    private var left: Int

    init(received: Int, limits: DecompressionLimits) {
        self.limits = limits
        left = limits.byRatio(received)
    }

    /// The most that a batch of `compressed` bytes may become now.
    func limit(compressed: Int) -> Int { min(limits.largestBatch, limits.byRatio(compressed), left) }

    mutating func spend(_ bytes: Int) { left = max(0, left - bytes) }
}
