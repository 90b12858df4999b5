package import EventLoop
package import Playbooks
package import RunEngine
package import Values

/// What can be asked of a lifecycle, by the names that an inventory uses.
package enum LifecycleOperation: String, Sendable, CaseIterable {
    case install, activate, stop, start, restart
    /// Prints the release that starts next.
    case version
    /// Prints the release of the process that runs.
    case running
    case status, configure, log, format

    /// Reads only: may run while planning.
    package var isRead: Bool {
        switch self {
        case .version, .running, .status, .log: true
        default: false
        }
    }
}

/// How `broker.*` is done on one host: a fact of the estate, written in the inventory. It starts, stops and places;
/// what is proven afterwards, over Kafka's protocol, is not its business.
///
/// `OpsrunCLI` adds the one of the embedded cluster.
package protocol Lifecycle: Sendable {
    /// For messages: `the commands of the inventory`, `the systemd unit kafka`.
    var name: String { get }

    func has(_ operation: LifecycleOperation) -> Bool

    /// What would run, for a plan; empty when nothing of it is a command.
    func commands(for operation: LifecycleOperation, version: Version?) throws(StepFailure) -> [[String]]

    /// Does it, and returns when the command has ended: a broker that was told to start may take long to answer. Throws
    /// when it said no.
    func perform(
        _ operation: LifecycleOperation, version: Version?, in context: LifecycleContext
    ) async throws(StepFailure) -> LifecycleOutcome

    /// What became of an operation that a runner which has died may have begun; one whose program still runs is followed to
    /// its end. Nil: the programs of this lifecycle leave no traces. Throws as `HostShell.attach` does.
    func fate(
        of operation: LifecycleOperation, version: Version?, in context: LifecycleContext
    ) async throws(StepFailure) -> JobFate?

    /// The release that starts next; nil when this lifecycle cannot tell.
    func installedVersion(in context: LifecycleContext) async throws(StepFailure) -> Version?

    /// The release that the running process was started from; nil when this lifecycle cannot tell, or nothing runs.
    func runningVersion(in context: LifecycleContext) async throws(StepFailure) -> Version?

    /// The process; nil when this lifecycle cannot tell.
    func process(in context: LifecycleContext) async throws(StepFailure) -> BrokerProcess?
}

extension Lifecycle {
    package func fate(
        of operation: LifecycleOperation, version: Version?, in context: LifecycleContext
    ) async throws(StepFailure) -> JobFate? { nil }
}

/// What a lifecycle's step may use.
package struct LifecycleContext: Sendable {
    package var host: Host
    package var time: any TimeSource
    package var timeout: Duration?
    package var becomeUser: String?
    package var environment: [(name: String, value: String)]
    package var onLines: (@Sendable ([String]) -> Void)?
    /// Under which name the step's programs can be found again; nil: under none.
    package var job: ProcessJob?

    package init(
        host: Host, time: any TimeSource, timeout: Duration? = nil, becomeUser: String? = nil,
        environment: [(name: String, value: String)] = [], onLines: (@Sendable ([String]) -> Void)? = nil
    ) {
        self.host = host
        self.time = time
        self.timeout = timeout
        self.becomeUser = becomeUser
        self.environment = environment
        self.onLines = onLines
    }
}

/// How a lifecycle's step ended.
package struct LifecycleOutcome: Sendable {
    /// What its program said, where one ran.
    package var output: ShellResult?
    /// What the lifecycle knows: `path`, `bytes`.
    package var fields: ValueMap

    package init(output: ShellResult? = nil, fields: ValueMap = ValueMap()) {
        self.output = output
        self.fields = fields
    }
}

/// The broker's process, as its supervisor knows it.
package struct BrokerProcess: Sendable, Hashable {
    package var isRunning: Bool
    /// None runs, and its supervisor is about to start one: between two tries of a unit that ends and is started anew.
    package var isComing: Bool
    /// It runs, and its supervisor is stopping it.
    package var isStopping = false
    package var pid: Int64?
    package var startedAt: Timestamp?
    /// Differs for every start: systemd's invocation id, a pod's uid.
    package var invocation: String?
    /// In the supervisor's words: `active (running)`.
    package var state: String?

    package init(
        isRunning: Bool, pid: Int64? = nil, startedAt: Timestamp? = nil, invocation: String? = nil,
        state: String? = nil, isComing: Bool = false
    ) {
        self.isRunning = isRunning
        self.isComing = isComing
        self.pid = pid
        self.startedAt = startedAt
        self.invocation = invocation
        self.state = state
    }

    /// True when the two are known to be different starts; nil when that cannot be told.
    package func differs(from other: BrokerProcess) -> Bool? {
        if let invocation, let there = other.invocation { return invocation != there }
        if let startedAt, let there = other.startedAt { return startedAt != there }
        if let pid, let there = other.pid, pid != there { return true }
        return nil
    }
}

extension ReadContext {
    /// For commands of the lifecycle that only read.
    func lifecycleContext() throws(StepFailure) -> LifecycleContext {
        LifecycleContext(
            host: host, time: time, timeout: timeout, becomeUser: becomeUser ?? host.connection.becomeUserIfWanted,
            environment: try environmentTexts())
    }
}

extension ConnectionSettings {
    var becomeUserIfWanted: String? { become ? becomeUser ?? "root" : nil }
}
