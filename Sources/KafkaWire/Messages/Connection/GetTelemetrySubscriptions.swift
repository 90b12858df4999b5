/// Asks which metrics the broker wants of the client (KIP-714).
///
/// Version notes: v0 is the only version; brokers know it only with a telemetry receiver.
package struct GetTelemetrySubscriptionsRequest: KafkaRequest {
    package typealias Response = GetTelemetrySubscriptionsResponse

    package static let apiKey = APIKey.getTelemetrySubscriptions
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    /// Zero at first, to be given one.
    package var clientInstanceId: KafkaUUID = .zero
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(clientInstanceId: KafkaUUID = .zero) {
        self.clientInstanceId = clientInstanceId
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.uuid("clientInstanceId", &clientInstanceId, 0...)
    }
}

/// Which metrics the broker wants, and how often.
///
/// Version notes: v0 is the only version.
package struct GetTelemetrySubscriptionsResponse: KafkaResponse {
    package static let apiKey = APIKey.getTelemetrySubscriptions
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var clientInstanceId: KafkaUUID = .zero
    package var subscriptionId: Int32 = 0
    /// The preferred one first: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.
    package var acceptedCompressionTypes: [Int8] = []
    /// In milliseconds.
    package var pushIntervalMs: Int32 = 0
    package var telemetryMaxBytes: Int32 = 0
    /// Whether counters are sent as differences.
    package var deltaTemporality: Bool = false
    /// Beginnings of names; empty for none, one empty text for all.
    package var requestedMetrics: [String] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none, clientInstanceId: KafkaUUID = .zero,
        subscriptionId: Int32 = 0, acceptedCompressionTypes: [Int8] = [], pushIntervalMs: Int32 = 0,
        telemetryMaxBytes: Int32 = 0, deltaTemporality: Bool = false, requestedMetrics: [String] = []
    ) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
        self.clientInstanceId = clientInstanceId
        self.subscriptionId = subscriptionId
        self.acceptedCompressionTypes = acceptedCompressionTypes
        self.pushIntervalMs = pushIntervalMs
        self.telemetryMaxBytes = telemetryMaxBytes
        self.deltaTemporality = deltaTemporality
        self.requestedMetrics = requestedMetrics
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.uuid("clientInstanceId", &clientInstanceId, 0...)
        try wire.int32("subscriptionId", &subscriptionId, 0...)
        try wire.int8s("acceptedCompressionTypes", &acceptedCompressionTypes, 0...)
        try wire.int32("pushIntervalMs", &pushIntervalMs, 0...)
        try wire.int32("telemetryMaxBytes", &telemetryMaxBytes, 0...)
        try wire.bool("deltaTemporality", &deltaTemporality, 0...)
        try wire.strings("requestedMetrics", &requestedMetrics, 0...)
    }
}
