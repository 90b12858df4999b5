internal import EventLoop
internal import Playbooks
package import RunEngine
internal import SimulatedKafka
internal import Values

/// `opsrun simulate`: the embedded cluster on real ports, until a signal.
package enum SimulateCommand {
    package static func run(
        _ options: Options, in surroundings: Surroundings, stopper: Stopper
    ) async -> ExitCode {
        if let words = options.ask { return ask(words, options, in: surroundings) }
        let catalog = OperationsCatalog.declarations(surroundings)
        let paths = ProjectPaths(surroundings)
        guard let path = paths.inventory(options, playbook: nil) else {
            surroundings.complain("there is no inventory", hint: "give one with -i, or set OPSRUN_INVENTORY")
            return .invalid
        }
        let loaded = ProjectLoader(paths: paths, catalog: catalog).inventory(path)
        guard !loaded.problems.contains(where: { $0.severity == .error }) else {
            return LintCommand.report(InvalidSource(loaded.problems), options, in: surroundings)
        }
        let candidates = loaded.embedded.filter { options.cluster == nil || $0.name == options.cluster }
        guard let settings = candidates.first, candidates.count == 1 else {
            let names = loaded.embedded.map(\.name)
            surroundings.complain(
                names.isEmpty
                    ? "no cluster of \(path) is `simulated`"
                    : "say which cluster with --cluster: \(names.joined(separator: ", "))")
            return .invalid
        }
        let speed = options.speed ?? 1
        let time: any TimeSource = speed == 1 ? SystemTimeSource() : ScaledTimeSource(speed: speed)
        let cluster = SimulatedCluster(settings.configuration, time: time)
        do {
            let certificates = try MadeCertificates()
            if let named = options.clientFiles {
                let folder = surroundings.path(named)
                let files = ClientFiles(
                    configuration: settings.configuration, certificates: certificates, folder: folder)
                let names = try files.write()
                surroundings.messages.write("wrote \(names.joined(separator: ", ")) into \(named)\n")
            }
            let listener = try options.control.map { path throws(SystemError) in
                try SimulatorControl(cluster).listen(at: surroundings.path(path))
            }
            defer { listener?.close() }
            try await SimulatedServer.with(cluster, certificates: certificates) { server in
                surroundings.output.write("bootstrap \(server.bootstrap)\n\(listeners(settings, server))")
                surroundings.messages.write(
                    "embedded cluster \(settings.name), Kafka \(settings.configuration.version), "
                        + "\(settings.configuration.nodes.count) nodes, time ×\(EmbeddedCluster.text(speed)); ^C ends it\n"
                )
                _ = await stopper.waitForRequests(1)
            }
        } catch let error as SystemError {
            surroundings.complain("the cluster cannot be served: \(error)")
            return .taskFailed
        } catch {
            surroundings.complain("the cluster cannot listen: \(error)")
            return .taskFailed
        }
        return .done
    }

    /// `listener NAME HOST:PORT,…` for every listener that the inventory has made.
    private static func listeners(_ settings: EmbeddedCluster, _ server: SimulatedServer) -> String {
        let configuration = settings.configuration
        return configuration.listeners.indices.map { index in
            let kind = SimulatedListener.client(index)
            return "listener \(configuration.name(of: kind)) \(server.bootstrap(of: kind))\n"
        }.joined()
    }

    /// One question to a cluster that is served; the answer on standard output.
    private static func ask(_ words: String, _ options: Options, in surroundings: Surroundings) -> ExitCode {
        guard let control = options.control else {
            surroundings.complain("--ask needs --control", hint: "the socket that the cluster is served with")
            return .usage
        }
        guard !words.contains(where: \.isNewline) else {
            surroundings.complain("--ask takes one line")
            return .usage
        }
        switch ServedLifecycle.ask(words, at: surroundings.path(control)) {
        case .success(let answer):
            surroundings.output.write(JSON.text(answer) + "\n")
            // As a service script's `status` ends: 0 says that it runs.
            return answer["ok"] == .bool(true) && answer["running"] != .bool(false) ? .done : .taskFailed
        case .failure(let failure):
            surroundings.complain(failure.message, hint: failure.nextAction)
            return failure.code == .unknownOutcome ? .unknownOutcome : .unreachable
        }
    }
}

extension Surroundings {
    /// A path of the command line.
    fileprivate func path(_ path: String) -> String { path.hasPrefix("/") ? path : "\(workingDirectory)/\(path)" }
}
