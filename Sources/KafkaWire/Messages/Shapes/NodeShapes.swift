/// Where a node is reached.
package struct NodeEndpoint: WireStruct {
    package var nodeId: Int32 = 0
    package var host: String = ""
    package var port: Int32 = 0
    package var rack: String? = nil
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(nodeId: Int32 = 0, host: String = "", port: Int32 = 0, rack: String? = nil) {
        self.nodeId = nodeId
        self.host = host
        self.port = port
        self.rack = rack
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("nodeId", &nodeId, 0...)
        try wire.string("host", &host, 0...)
        try wire.int32("port", &port, 0...)
        try wire.nullableString("rack", &rack, 0..., default: nil)
    }
}

/// Who leads a partition now; -1 in both numbers where the message says so.
package struct CurrentLeader: WireStruct {
    package var leaderId: Int32 = 0
    package var leaderEpoch: Int32 = 0
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(leaderId: Int32 = 0, leaderEpoch: Int32 = 0) {
        self.leaderId = leaderId
        self.leaderEpoch = leaderEpoch
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int32("leaderId", &leaderId, 0...)
        try wire.int32("leaderEpoch", &leaderEpoch, 0...)
    }
}

/// A listener of a quorum voter (KIP-853).
package struct VoterListener: WireStruct {
    package var name: String = ""
    package var host: String = ""
    package var port: UInt16 = 0
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(name: String = "", host: String = "", port: UInt16 = 0) {
        self.name = name
        self.host = host
        self.port = port
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.string("name", &name, 0...)
        try wire.string("host", &host, 0...)
        try wire.uint16("port", &port, 0...)
    }
}

/// The range of kraft.version that a voter supports (KIP-853).
package struct KRaftVersionRange: WireStruct {
    package var minSupportedVersion: Int16 = 0
    package var maxSupportedVersion: Int16 = 0
    package var unknownTaggedFields: [UnknownTaggedField] = []

    package init() {}

    package init(minSupportedVersion: Int16 = 0, maxSupportedVersion: Int16 = 0) {
        self.minSupportedVersion = minSupportedVersion
        self.maxSupportedVersion = maxSupportedVersion
    }

    package mutating func fields(_ wire: inout some WireCoder & ~Copyable) throws(WireError) {
        try wire.int16("minSupportedVersion", &minSupportedVersion, 0...)
        try wire.int16("maxSupportedVersion", &maxSupportedVersion, 0...)
    }
}
