import EventLoop
import KafkaAdmin
package import Playbooks
package import RunEngine
import Values

/// How a cluster of the inventory is reached.
package enum ClusterConnection {
    /// Fetches secrets and reads files; contacts nobody.
    static func settings(
        of cluster: ClusterSettings, processes: ProcessSettings, time: any TimeSource
    ) async throws(StepFailure) -> AdminClientSettings {
        var settings: AdminClientSettings
        do throws(KafkaError) {
            settings = AdminClientSettings(
                bootstrap: try AdminClientSettings.addresses(cluster.bootstrap),
                bootstrapControllers: try AdminClientSettings.addresses(cluster.bootstrapControllers),
                clusterID: cluster.clusterID)
        } catch {
            throw failure(error, cluster)
        }
        if let configuration = try await configuration(of: cluster, processes) {
            configuration.apply(to: &settings, time: time)
        }
        return settings
    }

    private static func configuration(
        of cluster: ClusterSettings, _ processes: ProcessSettings
    ) async throws(StepFailure) -> ClientConfiguration? {
        let environment = processes.environment
        if let file = cluster.commandConfig {
            let path = commandConfigPath(file)
            return try await blocking(cluster) { () throws(ConfigurationErrors) in
                try ClientConfiguration.read(file: path, environment: environment)
            }
        }
        guard let node = cluster.security else { return nil }
        var problems: [Diagnostic] = []
        let settings = SecurityDecoder.settings(of: node, &problems)
        guard problems.isEmpty else {
            throw StepFailure(
                .invalid, "`security` of the cluster \(cluster.name) cannot be read",
                causes: problems.map(\.description))
        }
        let resolver = SecretResolver(environment: environment, processes: processes)
        var entries: [ConfigurationEntry] = []
        for setting in settings {
            switch setting.text {
            case .plain(let text): entries.append(SecurityDecoder.entry(setting, value: text))
            case .secret(let name):
                let secret = try await resolver.resolve(SecretSource(text: name, file: setting.span.file))
                entries.append(SecurityDecoder.entry(setting, value: secret.reveal()))
            }
        }
        let joined = SecurityDecoder.joined(entries)
        return try await blocking(cluster) { () throws(ConfigurationErrors) in
            try ClientConfiguration(joined, environment: environment)
        }
    }

    /// Relative to the inventory; an absolute path is as it is.
    static func commandConfigPath(_ file: Located<String>) -> String {
        guard !file.value.hasPrefix("/") else { return file.value }
        let folder = Files.folder(of: file.span.file)
        return folder == "." ? file.value : "\(folder)/\(file.value)"
    }

    /// What reading a cluster's `command_config` says, warnings and errors; nothing when the file is not there: then
    /// connecting says it.
    package static func check(_ inventory: Inventory, environment: [String: String]) -> [Diagnostic] {
        inventory.clusters.flatMap { cluster -> [Diagnostic] in
            guard let file = cluster.commandConfig, cluster.simulated == nil else { return [] }
            do throws(ConfigurationErrors) {
                let read = try ClientConfiguration.read(file: commandConfigPath(file), environment: environment)
                return read.warnings.map { problem in
                    var diagnostic = diagnostic(problem, file)
                    diagnostic.severity = .warning
                    return diagnostic
                }
            } catch {
                return error.problems.filter { !$0.key.isEmpty }.map { diagnostic($0, file) }
            }
        }
    }

    /// Whether a `client.properties` says where the cluster is; its addresses, for the name of it.
    package static func bootstrap(ofFile path: String, environment: [String: String]) throws(StepFailure) -> [String] {
        do throws(ConfigurationErrors) {
            let read = try ClientConfiguration.read(file: path, environment: environment)
            return (read.bootstrap.isEmpty ? read.bootstrapControllers : read.bootstrap).map(\.description)
        } catch {
            throw StepFailure(
                .invalid, "\(path) says nothing that opsrun could connect with",
                causes: error.problems.map { "\($0.place): \($0.message)" },
                nextAction: error.problems.lazy.compactMap(\.hint).first)
        }
    }

    private static func diagnostic(_ problem: ConfigurationProblem, _ file: Located<String>) -> Diagnostic {
        Diagnostic(code: "security", "\(problem.place): \(problem.message)", hint: problem.hint, at: file.span)
    }

    private static func blocking(
        _ cluster: ClusterSettings,
        _ read: @escaping @Sendable () throws(ConfigurationErrors) -> ClientConfiguration
    ) async throws(StepFailure) -> ClientConfiguration {
        let result: Result<ClientConfiguration, ConfigurationErrors>
        do throws(SystemError) {
            result = try await ProcessSettings.disk.run {
                do throws(ConfigurationErrors) { return .success(try read()) } catch { return .failure(error) }
            }
        } catch {
            throw StepFailure(.failed, "the settings of the cluster \(cluster.name) cannot be read: \(error)")
        }
        switch result {
        case .success(let configuration): return configuration
        case .failure(let errors):
            throw StepFailure(
                .invalid, "the cluster \(cluster.name) cannot be connected to with these settings",
                causes: errors.problems.map { "\($0.place): \($0.message)" },
                nextAction: errors.problems.lazy.compactMap(\.hint).first)
        }
    }

    /// The pinned id, compared once more: a client that never had to compare says nothing.
    static func check(_ id: String, _ cluster: ClusterSettings) throws(StepFailure) {
        guard let pinned = cluster.clusterID, pinned != id else { return }
        throw StepFailure(
            .refused, "\(cluster.name) is pinned to cluster \(pinned), but \(id) answers",
            nextAction: "check `bootstrap` and `cluster_id` of the inventory: this is another cluster")
    }

    static func failure(_ error: KafkaError, _ cluster: ClusterSettings) -> StepFailure {
        guard error.code == .wrongCluster else {
            var failure = StepFailure(error, doing: "the cluster \(cluster.name) cannot be reached")
            switch error.code {
            case .configuration: failure.code = .invalid
            // What answers is a controller, or no broker that we can talk to.
            case .unsupportedVersion: failure.code = .unreachable
            default: break
            }
            return failure
        }
        return StepFailure(
            .refused, "\(cluster.name) is pinned to cluster \(cluster.clusterID ?? "?"), but another answers",
            causes: [error.message], nextAction: "check `bootstrap` and `cluster_id` of the inventory")
    }
}
