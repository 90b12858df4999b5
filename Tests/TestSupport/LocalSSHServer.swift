import EventLoop
import Glibc
package import KafkaOperations
package import Playbooks
import Values

/// A real sshd on loopback with keys of its own, for one test. Nothing of this machine's ssh configuration is touched.
package struct LocalSSHServer: Sendable {
    package let scratch: ScratchDirectory
    package let port: Int
    /// For `ssh -F`: identity and known hosts of this test.
    package let configuration: String

    package static let daemon = "/usr/sbin/sshd"

    /// False, with one line, where the machine has no sshd.
    package static let isAvailable: Bool = {
        if access(daemon, X_OK) == 0 { return true }
        print("ssh tests are skipped: there is no \(daemon) (Debian: openssh-server)")
        return false
    }()

    package static func with<Success>(_ body: (LocalSSHServer) async throws -> Success) async throws -> Success {
        try await ScratchDirectory.with { scratch in
            for name in ["host", "user", "other"] {
                try await tool([
                    "/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "\(scratch.path)/\(name)",
                ])
            }
            let port = try LoopbackPorts.free(1)[0]
            try scratch.write(try scratch.read("user.pub"), to: "authorized_keys", mode: 0o600)
            let key = try scratch.read("host.pub").split(separator: " ").prefix(2).joined(separator: " ")
            try scratch.write("[127.0.0.1]:\(port) \(key)\n", to: "known_hosts")
            try scratch.write(
                """
                ListenAddress 127.0.0.1
                Port \(port)
                HostKey \(scratch.path)/host
                AuthorizedKeysFile \(scratch.path)/authorized_keys
                PidFile none
                StrictModes no
                UsePAM no
                PasswordAuthentication no
                KbdInteractiveAuthentication no
                PermitRootLogin prohibit-password
                LogLevel ERROR
                SetEnv XDG_STATE_HOME=\(scratch.path)/remote

                """, to: "sshd_config")
            let configuration = try scratch.write(
                """
                IdentityFile \(scratch.path)/user
                IdentitiesOnly yes
                UserKnownHostsFile \(scratch.path)/known_hosts
                GlobalKnownHostsFile /dev/null

                """, to: "ssh_config")
            mkdir("/run/sshd", 0o755)
            let server = LocalSSHServer(scratch: scratch, port: port, configuration: configuration)
            // In the foreground: it ends with the task that runs it.
            let request = ProcessRequest(
                program: daemon, arguments: ["-D", "-e", "-f", "\(scratch.path)/sshd_config"], grace: .seconds(1))
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = await ChildProcess.run(request) }
                try await server.waitUntilOpen()
                let result: Result<Success, any Error>
                do { result = .success(try await body(server)) } catch { result = .failure(error) }
                await server.closeShared()
                group.cancelAll()
                return try result.get()
            }
        }
    }

    package var connection: ConnectionSettings {
        ConnectionSettings(
            kind: .ssh, address: "127.0.0.1", port: port, options: ["ssh_config_file": .string(configuration)])
    }

    package var settings: ProcessSettings {
        ProcessSettings(
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": scratch.path], grace: .milliseconds(500),
            controlFolder: "\(scratch.path)/c")
    }

    package func shell(_ connection: ConnectionSettings? = nil) -> SSHShell {
        SSHShell(host: "test", connection ?? self.connection, settings)
    }

    private func closeShared() async {
        let names = (try? Files.list("\(scratch.path)/c")) ?? []
        for name in names {
            _ = await ChildProcess.run(
                ProcessRequest(
                    program: "/usr/bin/ssh",
                    arguments: ["-o", "ControlPath=\(scratch.path)/c/\(name)", "-O", "exit", "127.0.0.1"],
                    timeout: .seconds(5)))
        }
    }

    private func waitUntilOpen() async throws {
        let time = SystemTimeSource()
        let deadline = time.deadline(after: .seconds(10))
        while !Self.answers(port) {
            guard time.monotonic < deadline else { throw ScratchDirectory.Failure(description: "sshd does not answer") }
            try await time.sleep(for: .milliseconds(20))
        }
    }

    private static func tool(_ argv: [String]) async throws {
        let outcome = await ChildProcess.run(
            ProcessRequest(program: argv[0], arguments: Array(argv.dropFirst()), timeout: .seconds(20)))
        guard outcome.succeeded else {
            throw ScratchDirectory.Failure(
                description: "\(argv[0]): \(String(decoding: outcome.stderr, as: UTF8.self))")
        }
    }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(truncatingIfNeeded: port).bigEndian)
        address.sin_addr.s_addr = in_addr_t(UInt32(0x7F00_0001).bigEndian)
        return address
    }

    private static func answers(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = address(port)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
