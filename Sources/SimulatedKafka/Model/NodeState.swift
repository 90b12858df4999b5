import KafkaWire
import Values

/// A node's process and what is installed beside it: the part of the world that no metadata log knows.
struct NodeState: Sendable {
    enum Process: Sendable {
        case stopped
        /// The broker has not been unfenced yet: its client listener is closed.
        case starting
        case running
        /// A controlled shutdown is under way: connections still stand.
        case stopping
    }

    let id: Int32
    let rack: String?
    let isBroker: Bool
    let isController: Bool
    let directoryID: KafkaUUID

    /// Releases whose files are there.
    var installed: [Version]
    /// The release that starts next.
    var activeVersion: Version
    var runningVersion: Version?
    var failingVersions: Set<Version> = []

    var process: Process = .running
    /// Whether the controller role answers; false on nodes without it.
    var isControllerUp: Bool
    /// Counts starts, so that events of an earlier process are known as stale.
    var incarnation = 1
    /// Whether the process is to be started again when its shutdown is over.
    var startsAgain = false
    /// Whether the last process ended without a controlled shutdown.
    var diedUncleanly = false
    /// Counts what the controller would notice as a new session or a new deadline for the old one.
    var session = 1
    /// A broker that is ready and waits for the controller to let it in.
    var awaitsRegistration = false

    var isFrozen = false
    /// Counts freezes and refusals, so that the end of an earlier one is known as stale.
    var faultGeneration = 0
    var refusesClients = false
    /// Whether clients' connections stand without an answer.
    var isDeaf = false
    /// Bytes a second that clients get; nil for as fast as it goes.
    var dripRate: Double?
    /// Where brokers say that it is, which is not where it is.
    var advertised: SimulatedEndpoint?
    var slowFactor = 1.0
    var lies: [ScriptedFault.Lie] = []

    /// The metadata log's end and the time when the node last followed it; nil while it does.
    var lastFetch: (offset: Int64, at: Duration)?
    /// What a restarted broker still answers from.
    var heldView: MetadataImage?

    var endpoints: [SimulatedListener: SimulatedEndpoint]

    /// What the running process speaks; when it does not run, what it last spoke.
    var release: SimulatedRelease { SimulatedRelease(runningVersion ?? activeVersion) }

    /// Whether a process is there at all.
    var isAlive: Bool { process != .stopped }

    /// Whether the broker that registered last still sends heartbeats.
    var keepsSession: Bool { (process == .running || process == .stopping) && !isFrozen }

    /// Whether a kind of listener accepts connections.
    func accepts(_ listener: SimulatedListener) -> Bool {
        guard !refusesClients else { return false }
        switch listener {
        case .broker, .client: return isBroker && (process == .running || process == .stopping)
        case .controller: return isController && isControllerUp
        }
    }
}

/// Where a listener is to be reached.
package struct SimulatedEndpoint: Sendable, Hashable {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}

/// The quorum of controllers.
struct QuorumState: Sendable {
    let voters: [Int32]
    /// nil while there is none.
    var leader: Int32?
    var epoch: Int32 = 1
}

/// Small, fast, good enough and the same everywhere: ids are made with it (SplitMix64).
struct SeededRandom: Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }

    /// A version 4 UUID, as Kafka's own.
    mutating func uuid() -> KafkaUUID {
        KafkaUUID(high: next() & ~0xF000 | 0x4000, low: next() & ~(0b11 << 62) | 0b10 << 62)
    }
}
