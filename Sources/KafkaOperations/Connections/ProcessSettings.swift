package import EventLoop
import Glibc

/// What every program that opsrun starts is given, and how.
package struct ProcessSettings: Sendable {
    /// The environment that programs on this machine inherit.
    package var environment: [String: String]
    /// Variables that secrets are read from: no program inherits them, it is given what was declared.
    package var withheld = WithheldVariables()
    /// Output that is kept of each stream.
    package var outputLimit: OutputLimit
    /// Between SIGTERM and SIGKILL.
    package var grace: Duration
    /// Where ssh's control sockets live; made with mode 0700.
    package var controlFolder: String
    package var loop: EventLoop
    /// Who starts programs of this machine that are to be found again.
    package var keepers = JobKeepers.shared

    package init(
        environment: [String: String], outputLimit: OutputLimit = .standard, grace: Duration = .seconds(10),
        controlFolder: String? = nil, loop: EventLoop = .shared
    ) {
        self.environment = environment
        self.outputLimit = outputLimit
        self.grace = grace
        // Short on purpose: a socket's path has 107 bytes.
        self.controlFolder = controlFolder ?? "\(environment["XDG_RUNTIME_DIR"] ?? "/tmp")/opsrun-ssh-\(geteuid())"
        self.loop = loop
    }

    /// What a program inherits.
    var inherited: [String: String] {
        let names = withheld.names
        return names.isEmpty ? environment : environment.filter { !names.contains($0.key) }
    }

    /// Where blocking work on files is done.
    static let disk = BlockingThread(name: "opsrun-files")
}

/// Names of environment variables, learnt while secrets are read.
package final class WithheldVariables: Sendable {
    private let state = Locked<Set<String>>([])

    package init() {}

    func add(_ name: String) { state.withLock { _ = $0.insert(name) } }
    var names: Set<String> { state.withLock { $0 } }
}
