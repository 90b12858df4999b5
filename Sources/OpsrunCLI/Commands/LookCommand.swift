internal import EventLoop
internal import KafkaAdmin
internal import KafkaOperations
internal import Playbooks
package import RunEngine
internal import Values

/// The looking verbs, from `opsrun cluster` to `opsrun health`.
///
/// They change nothing and cannot: a verb's model is made from a `ClusterReader`.
package struct LookCommand: Sendable {
    private let verb: CommandSpec.Verb
    private let options: Options
    private let surroundings: Surroundings
    private let embedded: EmbeddedClusters

    /// `embedded` holds the clusters between two looks of one process.
    package init(
        _ verb: CommandSpec.Verb, _ options: Options, in surroundings: Surroundings,
        embedded: EmbeddedClusters = EmbeddedClusters()
    ) {
        self.verb = verb
        self.options = options
        self.surroundings = surroundings
        self.embedded = embedded
    }

    /// 1. Find the cluster. 2. Look, show. 3. With --watch, wait and look again until the stopper is asked.
    package func run(stopper: Stopper = Stopper()) async -> ExitCode {
        if options.bootstrap != nil, options.inventory != nil || options.cluster != nil {
            return report(
                LookFailure(
                    .usage,
                    StepFailure(
                        .failed, "--bootstrap names the cluster by itself",
                        nextAction: "leave out --inventory and --cluster, or --bootstrap")))
        }
        if verb == .configs, options.operands.first == "broker-default", options.operands.count > 1 {
            return report(
                LookFailure(.usage, StepFailure(.failed, "broker-default is one for all brokers and has no name")))
        }
        guard options.watch != nil else { return await connectAndShow(stopper) }
        let code = await stopper.interrupting { await connectAndShow(stopper) }
        return code ?? .done
    }

    private func connectAndShow(_ stopper: Stopper) async -> ExitCode {
        let target: LookTarget
        switch await Self.besideConnections({ await connected() }) {
        case .success(let found?): target = found
        case .success(nil): return .invalid
        case .failure(let error): return report(error)
        }
        let code = await show(target)
        await target.close()
        return code
    }

    /// What is asked here wakes no other thread on the way of each question and answer. Nothing else runs beside it that would
    /// have to wait for what it computes; what is shown is written elsewhere, since whoever reads it may be slow.
    private static func besideConnections<Success: Sendable>(
        _ body: @escaping @Sendable () async -> Success
    ) async -> Success {
        let task = Task(executorPreference: EventLoop.shared) { await body() }
        return await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
    }

    // MARK: The cluster

    private func connected() async -> Result<LookTarget?, LookFailure> {
        do throws(LookFailure) { return .success(try await connect()) } catch { return .failure(error) }
    }

    /// Nil: said already why there is none.
    private func connect() async throws(LookFailure) -> LookTarget? {
        if let inventory = try ownInventory() {
            guard let cluster = inventory.clusters.first, isUsable([], of: inventory) else { return nil }
            return try await LookTarget.connect(to: cluster, of: inventory, nil, embedded, surroundings)
        }
        let paths = ProjectPaths(surroundings)
        guard let path = paths.inventory(options, playbook: nil) else {
            throw LookFailure(
                .invalid,
                StepFailure(
                    .failed, "there is no inventory, and no --bootstrap",
                    nextAction: "give one with -i or OPSRUN_INVENTORY, or --bootstrap HOST:PORT"))
        }
        var loaded = ProjectLoader(paths: paths, catalog: OperationsCatalog.declarations(surroundings)).inventory(path)
        if let file = options.commandConfig { ProjectLoader.replaceConnection(of: &loaded, by: file) }
        guard isUsable(loaded.problems), let inventory = loaded.outcome?.inventory else { return nil }
        let names = inventory.clusters.map(\.name).sorted()
        let candidates = inventory.clusters.filter { options.cluster == nil || $0.name == options.cluster }
        guard let cluster = candidates.first, candidates.count == 1 else {
            let hint =
                names.isEmpty ? "name them under `kafka_clusters`" : "its clusters: \(names.joined(separator: ", "))"
            let message =
                options.cluster.map { "the inventory \(path) has no cluster \($0)" }
                ?? (names.isEmpty
                    ? "the inventory \(path) has no clusters" : "say with --cluster which one to look at")
            throw LookFailure.noMatch(message, hint: hint)
        }
        var known = inventory
        known.clusters = [cluster]
        guard isUsable([], of: known) else { return nil }
        return try await LookTarget.connect(
            to: cluster, of: inventory, loaded.embedded.first { $0.name == cluster.name }, embedded, surroundings)
    }

    /// What is given without an inventory, as one; nil: an inventory is to be used.
    private func ownInventory() throws(LookFailure) -> Inventory? {
        if let text = options.bootstrap {
            return try LookTarget.inventory(
                of: text.split(separator: ",").map(String.init), commandConfig: options.commandConfig)
        }
        let named = [options.inventory, options.cluster, surroundings.environment["OPSRUN_INVENTORY"]]
        guard let file = options.commandConfig, named.allSatisfy({ $0?.isEmpty ?? true }) else { return nil }
        do throws(StepFailure) {
            let texts = try ClusterConnection.bootstrap(ofFile: file, environment: surroundings.environment)
            // The file says itself whether they are brokers or controllers.
            return texts.isEmpty
                ? nil : LookTarget.inventory(named: texts.joined(separator: ","), bootstrap: [], commandConfig: file)
        } catch {
            throw LookFailure(error)
        }
    }

    /// Says what is wrong or doubtful with the files that say how to connect; false when something is wrong.
    private func isUsable(_ found: [Diagnostic], of inventory: Inventory? = nil) -> Bool {
        let settings = inventory.map { ClusterConnection.check($0, environment: surroundings.environment) } ?? []
        let problems = DiagnosticView.sorted(found + settings)
        guard !problems.contains(where: { $0.severity == .error }) else {
            _ = LintCommand.report(InvalidSource(problems), options, in: surroundings)
            return false
        }
        if !problems.isEmpty {
            let view = LintCommand.view(options, surroundings, surroundings.messages)
            surroundings.messages.write(view.text(problems))
        }
        return true
    }

    // MARK: Looking

    private func model(_ reader: any ClusterReader) async throws(LookFailure) -> any LookModel {
        try await Self.besideConnections { await looked(reader) }.get()
    }

    private func looked(_ reader: any ClusterReader) async -> Result<any LookModel, LookFailure> {
        do throws(LookFailure) { return .success(try await look(reader)) } catch { return .failure(error) }
    }

    private func look(_ reader: any ClusterReader) async throws(LookFailure) -> any LookModel {
        let words = options.operands
        switch verb {
        case .brokers: return try await BrokersLook.read(reader)
        case .topics: return try await TopicsLook.read(reader)
        case .topic: return try await TopicLook.read(words.first ?? "", reader)
        case .configs:
            return try await ConfigsLook.read(
                kind: words.first ?? "topic", Array(words.dropFirst()), all: options.all, reader)
        case .logDirs: return try await LogDirsLook.read(words, reader)
        case .reassignments: return try await ReassignmentsLook.read(reader)
        case .groups: return try await GroupsLook.read(reader)
        case .group: return try await GroupLook.read(words.first ?? "", reader)
        case .acls: return try await AclsLook.read(reader)
        case .quotas: return try await QuotasLook.read(reader)
        case .users: return try await UsersLook.read(reader)
        case .transactions: return try await TransactionsLook.read(reader)
        case .health: return try await HealthLook.read(reader)
        default: return try await ClusterLook.read(reader)
        }
    }

    private func show(_ target: LookTarget) async -> ExitCode {
        let isTable = [.auto, .table, .wide].contains(options.output)
        if let note = target.note, isTable { surroundings.messages.write("\(SafeText.escape(note))\n") }
        guard let interval = options.watch else {
            do throws(LookFailure) {
                let model = try await model(target.reader)
                surroundings.output.write(text(model))
                return reportProblems(model)
            } catch {
                return report(error)
            }
        }
        var hasSeen = false
        while !Task.isCancelled {
            do throws(LookFailure) {
                let model = try await model(target.reader)
                hasSeen = true
                write(frame: text(model), target.name, every: interval, isTable: isTable)
                _ = reportProblems(model)
            } catch {
                // Who watches wants to see it come back; who never saw it mistyped something.
                guard hasSeen, error.exitCode == .unreachable else { return report(error) }
                let message = "not seen: " + FailureText.line(error.failure) + "\n"
                if isTable {
                    write(frame: message, target.name, every: interval, isTable: true)
                } else {
                    surroundings.messages.write(message)
                }
            }
            do { try await SystemTimeSource().sleep(for: interval) } catch { break }
        }
        return .done
    }

    private func text(_ model: some LookModel) -> String {
        LookRenderer(options.output, style: surroundings.style(options.color, for: surroundings.output)).text(model)
    }

    /// On a terminal a frame takes the place of the last one and fits into it; elsewhere they follow each other.
    private func write(frame: String, _ name: String, every interval: Duration, isTable: Bool) {
        guard isTable else {
            // So that each frame is a document of its own.
            return surroundings.output.write(options.output == .yaml ? "---\n\(frame)" : frame)
        }
        let now = Timestamp(milliseconds: SystemTimeSource().sinceEpoch.milliseconds).description
        let head = "every \(interval.text): \(verb.rawValue) of \(SafeText.escape(name)), \(now.prefix(19))Z"
        let isLive =
            surroundings.output.isTerminal && !surroundings.isCI && surroundings.environment["TERM"] != "dumb"
        guard isLive else { return surroundings.output.write("\(head)\n\n\(frame)\n") }
        var lines = [head, ""] + frame.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        let rows = max(4, surroundings.output.rows() ?? 24) - 1
        if lines.count > rows {
            let hidden = lines.count - rows + 1
            lines = lines.prefix(rows - 1) + ["… \(hidden) more lines"]
        }
        // Coloured titles are short: only plain lines can be too long.
        let width = surroundings.width
        let fitted = lines.map { $0.contains("\u{1B}") ? $0 : TextLayout.clip($0, width) }
        surroundings.output.write("\u{1B}[H\u{1B}[2J" + fitted.map { $0 + "\n" }.joined())
    }

    // MARK: What is said

    private func reportProblems(_ model: some LookModel) -> ExitCode {
        for problem in model.problems {
            surroundings.complain(problem, color: options.color)
        }
        return model.problems.isEmpty ? .done : .unreachable
    }

    private func report(_ error: LookFailure) -> ExitCode {
        let style = surroundings.style(options.color, for: surroundings.messages)
        var text = style(.bad, "error:") + " \(FailureText.line(error.failure))\n"
        for line in error.failure.details { text += "  \(SafeText.escape(line))\n" }
        if let next = error.failure.nextAction { text += "  \(SafeText.escape(next))\n" }
        surroundings.messages.write(text)
        return error.exitCode
    }
}

/// A failure in one line, causes behind it.
private enum FailureText {
    static func line(_ failure: StepFailure) -> String {
        ([failure.message] + failure.causes.filter { $0 != failure.message }).map { SafeText.escape($0) }
            .joined(separator: ": ")
    }
}
