package import EventLoop
internal import KafkaOperations
package import Playbooks
package import RunEngine

/// The composition root of a run: the playbook with its inventory, the estate it acts on, the clock, and where it is
/// recorded. Nothing is contacted before the plan asks.
package struct Environment: Sendable {
    package let project: Project
    package let store: RunStore
    /// The clock of the run: the embedded cluster's where there is one.
    package let time: any TimeSource
    /// What every output says about an embedded cluster; nil without one.
    package let note: String?
    private let lockNote: String?
    private let secrets: SecretResolver
    private let jobs: JobPlaces
    private let catalog: Catalog
    private let estate: any Estate

    /// Throws every problem of the files.
    package init(
        playbook: String, _ options: Options, _ surroundings: Surroundings, paths: ProjectPaths, state: String,
        embedded: EmbeddedClusters, files: FileAccess = .system
    ) throws(InvalidSource) {
        let declarations = OperationsCatalog.declarations(surroundings)
        project = try ProjectLoader(paths: paths, catalog: declarations, files: files).load(playbook, options)
        // One clock per run: time that runs faster would cheat the gates of a real cluster beside an embedded one.
        let isMixed = project.embedded.count < project.inventory.clusters.count
        let speed = isMixed ? 1 : project.embedded.map(\.speed).min() ?? 1
        let running = project.embedded.map { embedded.cluster($0, speed: speed) }
        time = running.first?.time ?? SystemTimeSource()
        note = running.isEmpty ? nil : running.map(\.settings.note).joined(separator: "; ")
        // An embedded cluster lives in this process alone.
        let sharesLocks = project.embedded.isEmpty && surroundings.locksForMachine
        let lockFolder = sharesLocks ? SharedLockFolder.find() : nil
        store = RunStore(root: state, sharedLockFolder: lockFolder)
        let isOfUser = project.inventory.clusters.contains { $0.lock.store == .file && $0.lock.path == nil }
        lockNote = sharesLocks && lockFolder == nil && isOfUser ? SharedLockFolder.missingNote : nil
        var services = OperationsCatalog.services(surroundings, running)
        services.pending = PendingActivations(folder: store.activatedFolder)
        secrets = SecretResolver(environment: surroundings.environment, processes: services.processes)
        jobs = services.jobs
        catalog = OperationCatalog.make(services: services)
        estate = EmbeddedEstate(running, inventory: project.inventory, services: services, time: time)
    }

    func inputs(
        _ options: Options, caller: Caller, samplesGates: Bool, bindsClusters: Bool, runsAtOnce: Bool
    ) -> RunInputs {
        var inputs = RunInputs(
            playbook: project.playbook, inventory: project.inventory, catalog: catalog, estate: estate, time: time,
            parameters: project.playbook.parameterValues,
            options: RunOptions(
                limit: options.limit,
                tags: TagSelection(
                    only: Selection.words(options.tags), skip: Selection.words(options.skipTags),
                    mayLeaveOutGates: options.allowSkipGates),
                forks: options.forks, assumesYes: options.yes, isStrict: options.strict,
                samplesGates: samplesGates, showsDifferences: options.diff, bindsClusters: bindsClusters,
                runsAtOnce: runsAtOnce, speedNote: note,
                lockNote: lockNote),
            caller: caller, resolveSecret: { [secrets] in try await secrets.resolve($0) })
        inputs.options.waitsForWindow = options.atWindow
        inputs.options.breakGlass = options.breakGlass
        inputs.options.isForReview = bindsClusters
        inputs.releaseJobs = { [jobs] in await jobs.release($0, folder: $1) }
        return inputs
    }
}
