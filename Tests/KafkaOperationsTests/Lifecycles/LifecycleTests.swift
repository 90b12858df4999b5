import EventLoop
import Glibc
import KafkaOperations
import Playbooks
import RunEngine
import TestSupport
import Testing
import Values

/// Lifecycles with real programs: a script of the user's, and a systemctl that stands in for systemd's.
@Suite struct LifecycleTests {
    private static func lifecycle(
        _ scratch: ScratchDirectory, _ text: String, path: String = "/usr/local/bin:/usr/bin:/bin"
    ) throws -> (lifecycle: any Lifecycle, context: LifecycleContext) {
        let inventory = """
            all:
              vars:
                kafka_clusters:
                  local: {bootstrap: ["127.0.0.1:1"], lifecycle: \(text)}
              hosts:
                broker-1: {cluster: local, ansible_connection: local, broker_id: 1}
            """
        let file = try scratch.write(inventory, to: "i.yml")
        let loaded = InventoryLoader.load(path: file).inventory
        let services = OperationServices.standard(ProcessSettings(environment: ["PATH": path]))
        let host = try #require(loaded.host("broker-1"))
        return (
            try services.lifecycle(host, loaded), LifecycleContext(host: host, time: SystemTimeSource())
        )
    }

    struct UnitState: Sendable, CustomTestStringConvertible {
        var active: String
        var pid: Int
        var isRunning: Bool?
        var isComing = false
        var testDescription: String { "\(active), main process \(pid)" }
    }

    static let unitStates: [UnitState] = [
        .init(active: "active", pid: 7, isRunning: true), .init(active: "active", pid: 0, isRunning: nil),
        .init(active: "reloading", pid: 0, isRunning: nil), .init(active: "inactive", pid: 0, isRunning: false),
        .init(active: "failed", pid: 0, isRunning: false), .init(active: "deactivating", pid: 0, isRunning: true),
        .init(active: "activating", pid: 0, isRunning: false, isComing: true),
    ]

    @Test(arguments: unitStates)
    func `a unit without a main process is not taken for a dead broker`(_ state: UnitState) async throws {
        try await ScratchDirectory.with { scratch in
            try scratch.write(
                "#!/bin/sh\necho ActiveState=\(state.active); echo SubState=x; echo MainPID=\(state.pid)\n",
                to: "bin/systemctl", mode: 0o755)
            let (lifecycle, context) = try Self.lifecycle(
                scratch, "{systemd: {unit: kafka}}", path: "\(scratch.path)/bin:/usr/bin:/bin")
            let process = try await lifecycle.process(in: context)
            #expect(process?.isRunning == state.isRunning)
            #expect(process?.isComing ?? false == state.isComing)
        }
    }

    @Test(arguments: [(0, true), (1, false), (3, false), (4, nil), (5, nil), (125, nil), (127, nil)])
    func `a status command says no only by the codes that mean it`(code: Int, isRunning: Bool?) async throws {
        try await ScratchDirectory.with { scratch in
            let (lifecycle, context) = try Self.lifecycle(
                scratch,
                "{commands: {start: [\"true\"], stop: [\"true\"], status: [sh, -c, \"exit \(code)\"]}}")
            #expect(try await lifecycle.process(in: context)?.isRunning == isRunning)
        }
    }

    @Test func `a version command that prints two versions has told none`() async throws {
        try await ScratchDirectory.with { scratch in
            let (lifecycle, context) = try Self.lifecycle(
                scratch,
                """
                {commands: {start: ["true"], stop: ["true"], version: [sh, -c, "echo 3.9.2; echo 4.3.1"]}}
                """)
            let failure = await #expect(throws: StepFailure.self) {
                _ = try await lifecycle.installedVersion(in: context)
            }
            #expect(failure?.message.contains("several versions") == true)
        }
    }

    @Test func `commands run from the inventory's folder, with the host's values`() async throws {
        try await ScratchDirectory.with { scratch in
            try scratch.write(
                """
                #!/bin/sh
                cd "$(dirname "$0")"
                echo "$@" >> ledger
                case $1 in version) cat installed 2>/dev/null; true ;; use) echo "kafka $3" > installed ;; fail) echo no >&2; exit 4 ;; esac
                """, to: "cluster", mode: 0o755)
            let (lifecycle, context) = try Self.lifecycle(
                scratch,
                """
                {commands: {stop: [./cluster, fail], start: [./cluster, start], version: [./cluster, version], \
                activate: [./cluster, use, "{{ host.node_id }}", "{{ version }}"]}}
                """)
            #expect(try await lifecycle.installedVersion(in: context) == nil)
            _ = try await lifecycle.perform(.activate, version: Version("4.3.1"), in: context)
            #expect(try await lifecycle.installedVersion(in: context) == Version("4.3.1"))
            #expect(try scratch.read("ledger").contains("use 1 4.3.1\n"))
            do {
                _ = try await lifecycle.perform(.stop, version: nil, in: context)
                Issue.record("it failed")
            } catch let error as StepFailure {
                #expect(error.message.contains("`stop` ended with exit code 4"))
                #expect(error.details == ["no"])
            }
            #expect(!lifecycle.has(.restart) && !lifecycle.has(.install))
        }
    }

    @Test func `systemd: the link is moved, the process tells what runs`() async throws {
        try await ScratchDirectory.with { scratch in
            for release in ["3.9.2", "4.3.1"] { try scratch.write("", to: "kafka-\(release)/libs/kafka.jar") }
            symlink("\(scratch.path)/kafka-3.9.2", "\(scratch.path)/kafka")
            try scratch.write(
                """
                #!/bin/sh
                cd "$(dirname "$0")/.."
                case $1 in
                  start) sleep 30 3< kafka/libs/kafka.jar > /dev/null 2>&1 & echo $! > pid; echo id-$! > invocation ;;
                  stop) kill "$(cat pid)"; rm pid ;;
                  show) echo "ActiveState=$([ -f pid ] && echo active || echo inactive)"; echo SubState=running
                        echo "MainPID=$(cat pid 2>/dev/null || echo 0)"; echo "InvocationID=$(cat invocation 2>/dev/null)" ;;
                esac
                """, to: "bin/systemctl", mode: 0o755)
            let path = scratch.path
            let (lifecycle, context) = try Self.lifecycle(
                scratch,
                """
                {systemd: {unit: kafka, home: "\(path)/kafka", distribution: "\(path)/kafka-{{ version }}"}}
                """, path: "\(path)/bin:/usr/bin:/bin")
            #expect(try await lifecycle.installedVersion(in: context) == Version("3.9.2"))
            #expect(try await lifecycle.process(in: context)?.isRunning == false)
            _ = try await lifecycle.perform(.start, version: nil, in: context)
            let first = try #require(try await lifecycle.process(in: context))
            #expect(first.isRunning)
            #expect(try await lifecycle.runningVersion(in: context) == Version("3.9.2"))
            let outcome = try await lifecycle.perform(.activate, version: Version("4.3.1"), in: context)
            #expect(outcome.fields["path"] == .string("\(path)/kafka-4.3.1"))
            #expect(try await lifecycle.installedVersion(in: context) == Version("4.3.1"))
            // The process was started from the old one.
            #expect(try await lifecycle.runningVersion(in: context) == Version("3.9.2"))
            _ = try await lifecycle.perform(.stop, version: nil, in: context)
            _ = try await lifecycle.perform(.start, version: nil, in: context)
            let second = try #require(try await lifecycle.process(in: context))
            #expect(second.differs(from: first) == true)
            #expect(try await lifecycle.runningVersion(in: context) == Version("4.3.1"))
            await #expect(throws: StepFailure.self) {
                _ = try await lifecycle.perform(.activate, version: Version("9.9.9"), in: context)
            }
            #expect(try await lifecycle.installedVersion(in: context) == Version("4.3.1"))
            _ = try await lifecycle.perform(.stop, version: nil, in: context)
        }
    }
}
