internal import EventLoop
internal import KafkaOperations
internal import Playbooks
package import RunEngine
internal import Values

/// `opsrun lock show` and `opsrun lock break`: who may write to a cluster now.
package struct LockCommand: Sendable {
    private let options: Options
    private let surroundings: Surroundings
    private let embedded: EmbeddedClusters

    /// `embedded`: clusters that live in this process.
    package init(
        _ options: Options, in surroundings: Surroundings, embedded: EmbeddedClusters = EmbeddedClusters()
    ) {
        self.options = options
        self.surroundings = surroundings
        self.embedded = embedded
    }

    /// A lease, and where it was found.
    private struct Found: Sendable {
        var lease: Lease
        var store: any LeaseStore

        var name: String { lease.cluster.isEmpty ? lease.clusterID : lease.cluster }

        func state(at moment: LeaseMoment) -> String {
            lease.state == .held && lease.isOver(at: moment) ? "expired" : lease.state.rawValue
        }
    }

    // MARK: show

    package func show() async -> ExitCode {
        do {
            let moment = LeaseMoment.now(BootTimeSource(), bootID: ProcessIdentity.currentBootID)
            let found = try await find()
            if options.output == .json {
                let locks = found.map { json($0, moment) }
                surroundings.output.write(JSON.text(["locks": .list(locks)], pretty: true) + "\n")
                return .done
            }
            let held = found.filter { $0.lease.state == .held }
            guard !held.isEmpty else {
                surroundings.output.write("no lock is held\n")
                return .done
            }
            let rows = held.map { found in
                let holder = found.lease.holder
                return [
                    found.name, found.state(at: moment), holder.runID, holder.playbook, holder.user, holder.host,
                    "\(holder.pid)", shown(holder.since), "\(found.lease.epoch)", shown(found.lease.expires),
                    found.store.place, note(holder),
                ].map { SafeText.escape($0) }
            }
            let head = [
                "CLUSTER", "STATE", "RUN", "PLAYBOOK", "USER", "HOST", "PID", "SINCE", "EPOCH", "EXPIRES", "KEPT IN",
                "NOTE",
            ]
            surroundings.output.write(TextLayout.lines([head] + rows))
            return .done
        } catch {
            return refuse(error)
        }
    }

    private func shown(_ time: Timestamp) -> String { String(time.description.prefix(19)) + "Z" }

    private func json(_ found: Found, _ moment: LeaseMoment) -> Value {
        var map = found.lease.json().mapValue ?? ValueMap()
        map["state"] = .string(found.state(at: moment))
        map["store"] = .string(found.store.place)
        map["process_gone"] = .bool(isGone(found.lease.holder))
        map["run_exists"] = hasRun(found.lease.holder).map { .bool($0) } ?? .null
        return .map(map)
    }

    private func isGone(_ holder: LockHolder) -> Bool {
        holder.isGone(from: surroundings.host, bootID: ProcessIdentity.currentBootID)
    }

    /// Whether the holder's run has begun; nil where its records are not those that are read here.
    private func hasRun(_ holder: LockHolder) -> Bool? {
        guard let folder = ProjectPaths(surroundings).stateFolder(options), holder.host == surroundings.host,
            holder.state == folder
        else { return nil }
        return !RunStore(root: folder).neverBegan(holder.runID)
    }

    private func note(_ holder: LockHolder) -> String {
        guard isGone(holder) else { return "" }
        return switch hasRun(holder) {
        case true: "its process is gone: opsrun resume \(holder.runID)"
        case false: "its process is gone, and there is no such run: the next one takes the lock at once"
        case nil: "its process is gone"
        }
    }

    // MARK: break

    package func breakLock(stopper: Stopper = Stopper()) async -> ExitCode {
        guard let reason = options.reason, reason.contains(where: { $0 != " " }) else {
            surroundings.complain("lock break wants --reason TEXT: it is recorded", color: options.color)
            return .usage
        }
        do {
            let moment = LeaseMoment.now(BootTimeSource(), bootID: ProcessIdentity.currentBootID)
            let held = try await find().filter { !$0.lease.isOver(at: moment) }
            guard let found = held.first else {
                surroundings.complain("no lock is held", hint: "see `opsrun lock show`", color: options.color)
                return .invalid
            }
            guard held.count == 1 else {
                surroundings.complain(
                    "\(held.count) locks are held: \(held.map(\.name).joined(separator: ", "))",
                    hint: "name one by --cluster", color: options.color)
                return .usage
            }
            surroundings.messages.write(
                "the lock of \(SafeText.escape(found.name)) is held by \(SafeText.escape(found.lease.holder.description))\n"
            )
            let isConfirmed = await NameConfirmation(options, surroundings).ask(
                for: found.name, "Whoever has the lock starts nothing new when it is broken.", stopper)
            guard isConfirmed else { return .refused }
            guard let folder = ProjectPaths(surroundings).stateFolder(options) else { throw Self.noState }
            let breaking = Lease.Breaking(
                user: surroundings.user, host: surroundings.host, reason: reason,
                at: Timestamp(milliseconds: SystemTimeSource().sinceEpoch.milliseconds))
            let other = try await ClusterLock.breakLock(
                found.lease, in: found.store, by: breaking, audit: RunStore(root: folder))
            if let other, other.state == .held {
                throw RunFailure(
                    .refused,
                    StepFailure(
                        .refused, "the lock has another holder by now: \(other.holder.description)",
                        nextAction: "look at `opsrun lock show`, and decide again"))
            }
            surroundings.output.write(
                "the lock of \(SafeText.escape(found.name)) is broken; run \(SafeText.escape(found.lease.holder.runID)) starts "
                    + "nothing new from its next look on, and what it had sent by then may still land\n")
            return .done
        } catch {
            return refuse(error)
        }
    }

    // MARK: Where locks are

    private static let noState = RunFailure(
        .storage, StepFailure(.failed, "no state directory is known", nextAction: "set HOME, or give --state-dir"))

    /// Those of the user and of the machine, and of the inventory's clusters those that are kept elsewhere.
    private func find() async throws -> [Found] {
        let paths = ProjectPaths(surroundings)
        guard let folder = paths.stateFolder(options) else { throw Self.noState }
        let shared = surroundings.locksForMachine ? SharedLockFolder.find() : nil
        var stores = [FileLeaseStore(folder: RunStore(root: folder).lockFolder, isShared: false)]
        if let shared { stores.append(FileLeaseStore(folder: shared, isShared: true)) }
        var found: [Found] = []
        let elsewhere = try clusters(paths)
        let folders = Set(elsewhere.clusters.compactMap(\.lock.path)).sorted()
        stores += folders.map { FileLeaseStore(folder: $0, isShared: true) }
        for store in stores { found += try store.leases().map { Found(lease: $0, store: store) } }
        if let inventory = elsewhere.inventory {
            for cluster in elsewhere.clusters where cluster.lock.store == .kafka {
                guard options.cluster == nil || options.cluster == cluster.name || options.cluster == cluster.clusterID
                else { continue }
                let access: ClusterAccess
                do { access = try await connect(cluster, inventory, elsewhere.embedded) } catch {
                    // What can be read is shown: the locks in files are those that count while the cluster is down.
                    guard options.cluster == nil, let failure = error as? StepFailure else { throw error }
                    surroundings.messages.write(
                        "the lock of \(SafeText.escape(cluster.name)) is kept in Kafka and cannot be read: "
                            + "\(SafeText.escape(failure.message))\n")
                    continue
                }
                guard let store = access.leases, let lease = try await store.lease(of: access.clusterID) else {
                    continue
                }
                found.append(Found(lease: lease, store: store))
            }
        }
        guard let wanted = options.cluster else { return found }
        return found.filter { $0.lease.cluster == wanted || $0.lease.clusterID == wanted }
    }

    private struct Elsewhere: Sendable {
        var inventory: Inventory?
        var clusters: [ClusterSettings] = []
        var embedded: [EmbeddedCluster] = []
    }

    /// The clusters of the inventory whose locks are neither the user's nor the machine's. One that was not named and cannot be
    /// read has none.
    private func clusters(_ paths: ProjectPaths) throws(InvalidSource) -> Elsewhere {
        guard let path = paths.inventory(options, playbook: nil) else { return Elsewhere() }
        let loaded = ProjectLoader(paths: paths, catalog: OperationsCatalog.declarations(surroundings)).inventory(path)
        guard let inventory = loaded.outcome?.inventory, !loaded.problems.contains(where: { $0.severity == .error })
        else {
            if options.inventory == nil { return Elsewhere() }
            throw InvalidSource(loaded.problems)
        }
        return Elsewhere(
            inventory: inventory,
            clusters: inventory.clusters.filter { $0.lock.store == .kafka || $0.lock.path != nil },
            embedded: loaded.embedded)
    }

    private func connect(
        _ cluster: ClusterSettings, _ inventory: Inventory, _ simulated: [EmbeddedCluster]
    ) async throws -> ClusterAccess {
        if let settings = simulated.first(where: { $0.name == cluster.name }) {
            return try await embedded.cluster(settings, speed: settings.speed).access()
        }
        let estate = LifecycleEstate(
            inventory: inventory, services: .standard(ProcessSettings(environment: surroundings.environment)),
            time: SystemTimeSource())
        return try await estate.cluster(named: cluster.name)
    }

    private func refuse(_ error: any Error) -> ExitCode {
        if let invalid = error as? InvalidSource {
            LintCommand.explain(invalid, options, in: surroundings, consequence: "nothing was done")
            return .invalid
        }
        let failure: RunFailure =
            switch error {
            case let error as RunFailure: error
            case let error as RecordFailure: RunFailure(error.exitCode, StepFailure(.failed, error.message))
            case let error as StepFailure:
                RunFailure(error.code == .refused ? .refused : .unreachable, error)
            default: RunFailure(.internalError, StepFailure(.internalError, "\(error)"))
            }
        return StoppedRunCommand.refuse(failure, options, surroundings)
    }
}
