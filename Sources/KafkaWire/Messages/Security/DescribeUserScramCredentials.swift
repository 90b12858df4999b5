/// Asks which SCRAM credentials users have.
///
/// Version notes: v0 is the only version.
package struct DescribeUserScramCredentialsRequest: KafkaRequest {
    package typealias Response = DescribeUserScramCredentialsResponse

    package static let apiKey = APIKey.describeUserScramCredentials
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    /// Null or empty means all.
    package var users: [User]? = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(users: [User]? = []) {
        self.users = users
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.nullableStructs("users", &users, 0...)
    }

    /// A user.
    package struct User: WireStruct {
        package var name: String = ""
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(name: String = "") {
            self.name = name
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("name", &name, 0...)
        }
    }
}

/// Which SCRAM credentials users have, without anything secret.
///
/// Version notes: v0 is the only version.
package struct DescribeUserScramCredentialsResponse: KafkaResponse {
    package static let apiKey = APIKey.describeUserScramCredentials
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var errorCode: KafkaErrorCode = .none
    package var errorMessage: String? = ""
    package var results: [Result] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(
        throttleTimeMs: Int32 = 0, errorCode: KafkaErrorCode = .none, errorMessage: String? = "", results: [Result] = []
    ) {
        self.throttleTimeMs = throttleTimeMs
        self.errorCode = errorCode
        self.errorMessage = errorMessage
        self.results = results
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.errorCode("errorCode", &errorCode, 0...)
        try wire.nullableString("errorMessage", &errorMessage, 0...)
        try wire.structs("results", &results, 0...)
    }

    /// One user's credentials.
    package struct Result: WireStruct {
        package var user: String = ""
        package var errorCode: KafkaErrorCode = .none
        package var errorMessage: String? = ""
        package var credentialInfos: [Credential] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            user: String = "", errorCode: KafkaErrorCode = .none, errorMessage: String? = "",
            credentialInfos: [Credential] = []
        ) {
            self.user = user
            self.errorCode = errorCode
            self.errorMessage = errorMessage
            self.credentialInfos = credentialInfos
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("user", &user, 0...)
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.nullableString("errorMessage", &errorMessage, 0...)
            try wire.structs("credentialInfos", &credentialInfos, 0...)
        }
    }

    /// A credential.
    package struct Credential: WireStruct {
        /// 1 SCRAM-SHA-256, 2 SCRAM-SHA-512.
        package var mechanism: Int8 = 0
        package var iterations: Int32 = 0
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(mechanism: Int8 = 0, iterations: Int32 = 0) {
            self.mechanism = mechanism
            self.iterations = iterations
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.int8("mechanism", &mechanism, 0...)
            try wire.int32("iterations", &iterations, 0...)
        }
    }
}
