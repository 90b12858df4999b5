/// Brings the broker a client's metrics (KIP-714).
///
/// Version notes: v0 is the only version.
package struct PushTelemetryRequest: KafkaRequest {
    package typealias Response = PushTelemetryResponse

    package static let apiKey = APIKey.pushTelemetry
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    package var clientInstanceId: KafkaUUID = .zero
    package var subscriptionId: Int32 = 0
    /// Whether this is the last one.
    package var terminating: Bool = false
    /// 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.
    package var compressionType: Int8 = 0
    /// OpenTelemetry's MetricsData v1 in protobuf, compressed.
    package var metrics: [UInt8] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        clientInstanceId: KafkaUUID = .zero, subscriptionId: Int32 = 0, terminating: Bool = false,
        compressionType: Int8 = 0, metrics: [UInt8] = []
    ) {
        self.clientInstanceId = clientInstanceId
        self.subscriptionId = subscriptionId
        self.terminating = terminating
        self.compressionType = compressionType
        self.metrics = metrics
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.uuid("clientInstanceId", &clientInstanceId, 0...)
        try wire.int32("subscriptionId", &subscriptionId, 0...)
        try wire.bool("terminating", &terminating, 0...)
        try wire.int8("compressionType", &compressionType, 0...)
        try wire.bytes("metrics", &metrics, 0...)
    }
}

/// Whether the metrics were taken.
///
/// Version notes: v0 is the only version.
package struct PushTelemetryResponse: KafkaResponse {
    package static let apiKey = APIKey.pushTelemetry
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.errorCode("errorCode", &errorCode, 0...)
    }
}
