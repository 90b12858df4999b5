import KafkaWire

/// What brokers are told about this client; they show it in their logs and metrics.
package struct ClientIdentity: Sendable, Hashable {
    package var clientID: String
    /// The release of opsrun.
    package var softwareVersion: String

    package init(clientID: String = "opsrun", softwareVersion: String = "unknown") {
        self.clientID = clientID
        self.softwareVersion = softwareVersion
    }

    /// ApiVersions with name and version, without the characters that brokers refuse: they accept letters, digits, and
    /// dots and dashes within (KIP-511).
    var greeting: ApiVersionsRequest {
        var version = softwareVersion.unicodeScalars.filter { scalar in
            scalar.isASCII
                && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "."
                    || scalar == "-")
        }[...]
        func isInner(_ scalar: Unicode.Scalar?) -> Bool { scalar == "." || scalar == "-" }
        while isInner(version.first) { version.removeFirst() }
        while isInner(version.last) { version.removeLast() }
        return ApiVersionsRequest(
            clientSoftwareName: "opsrun",
            clientSoftwareVersion: version.isEmpty ? "unknown" : String(String.UnicodeScalarView(version)))
    }
}
