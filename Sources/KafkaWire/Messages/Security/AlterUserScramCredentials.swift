/// Sets and deletes users' SCRAM credentials; a user may be named only once in a request.
///
/// Version notes: v0 is the only version.
package struct AlterUserScramCredentialsRequest: KafkaRequest {
    package typealias Response = AlterUserScramCredentialsResponse

    package static let apiKey = APIKey.alterUserScramCredentials
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    package var deletions: [Deletion] = []
    package var upsertions: [Upsertion] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(deletions: [Deletion] = [], upsertions: [Upsertion] = []) {
        self.deletions = deletions
        self.upsertions = upsertions
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.structs("deletions", &deletions, 0...)
        try wire.structs("upsertions", &upsertions, 0...)
    }

    /// A credential to delete.
    package struct Deletion: WireStruct {
        package var name: String = ""
        /// 1 SCRAM-SHA-256, 2 SCRAM-SHA-512.
        package var mechanism: Int8 = 0
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(name: String = "", mechanism: Int8 = 0) {
            self.name = name
            self.mechanism = mechanism
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("name", &name, 0...)
            try wire.int8("mechanism", &mechanism, 0...)
        }
    }

    /// A credential to set.
    package struct Upsertion: WireStruct {
        package var name: String = ""
        /// 1 SCRAM-SHA-256, 2 SCRAM-SHA-512.
        package var mechanism: Int8 = 0
        /// 4096 to 16384.
        package var iterations: Int32 = 0
        package var salt: [UInt8] = []
        /// What PBKDF2 makes of password, salt and iterations; the password itself never goes over the wire.
        package var saltedPassword: [UInt8] = []
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(
            name: String = "", mechanism: Int8 = 0, iterations: Int32 = 0, salt: [UInt8] = [],
            saltedPassword: [UInt8] = []
        ) {
            self.name = name
            self.mechanism = mechanism
            self.iterations = iterations
            self.salt = salt
            self.saltedPassword = saltedPassword
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("name", &name, 0...)
            try wire.int8("mechanism", &mechanism, 0...)
            try wire.int32("iterations", &iterations, 0...)
            try wire.bytes("salt", &salt, 0...)
            try wire.bytes("saltedPassword", &saltedPassword, 0...)
        }
    }
}

/// What became of each user.
///
/// Version notes: v0 is the only version.
package struct AlterUserScramCredentialsResponse: KafkaResponse {
    package static let apiKey = APIKey.alterUserScramCredentials
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16? = 0

    /// How long the broker held the answer back or asks the client to wait, because of a quota, in milliseconds.
    package var throttleTimeMs: Int32 = 0
    package var results: [Result] = []
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(throttleTimeMs: Int32 = 0, results: [Result] = []) {
        self.throttleTimeMs = throttleTimeMs
        self.results = results
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("throttleTimeMs", &throttleTimeMs, 0...)
        try wire.structs("results", &results, 0...)
    }

    /// What became of one user.
    package struct Result: WireStruct {
        package var user: String = ""
        package var errorCode: KafkaErrorCode = .none
        package var errorMessage: String? = ""
        package var unknownTaggedFields: [UnknownTaggedField] = []

        package init() {}

        package init(user: String = "", errorCode: KafkaErrorCode = .none, errorMessage: String? = "") {
            self.user = user
            self.errorCode = errorCode
            self.errorMessage = errorMessage
        }

        package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
            try wire.string("user", &user, 0...)
            try wire.errorCode("errorCode", &errorCode, 0...)
            try wire.nullableString("errorMessage", &errorMessage, 0...)
        }
    }
}
