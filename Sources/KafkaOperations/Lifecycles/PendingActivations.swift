import EventLoop
import Glibc
import Playbooks
package import RunEngine
package import Values

/// A release that was made the one that starts next, where no restart has been proven since.
package struct PendingActivation: Sendable, Hashable {
    package var version: Version
    /// What started next before; nil: nobody could tell.
    package var previous: Version?
    package var runID: String
    package var since: Timestamp

    package init(version: Version, previous: Version?, runID: String, since: Timestamp) {
        self.version = version
        self.previous = previous
        self.runID = runID
        self.since = since
    }
}

/// Remembers, over runs, which nodes were given another release and not restarted since: a file for each in the state
/// folder, `activated/<cluster id>/<node id>.json`.
///
/// Within one release line a lifecycle without `running` cannot tell what runs: 4.3.1 is installed, and 4.3.0 that still
/// runs answers alike. A run that was interrupted between the two would leave a node that the next one takes for
/// upgraded. So the note is durable before the release is changed, and goes only when the process from before is proven
/// to be gone. Runs of other users, and of other machines, do not see it.
package struct PendingActivations: Sendable {
    /// A note is a line; what is longer is none.
    private static let limit = 16 << 10

    private let folder: String?

    /// Nil: nothing is remembered beyond this run.
    package init(folder: String?) { self.folder = folder }

    package static let none = PendingActivations(folder: nil)

    private func path(_ node: Int32, _ clusterID: String) -> String? {
        folder.map { "\($0)/\(RunStore.fileName(clusterID))/\(node).json" }
    }

    /// Makes the note durable. Throws before anything is changed when it cannot.
    func begin(_ activation: PendingActivation, of node: Int32, in clusterID: String) async throws(StepFailure) {
        guard let path = path(node, clusterID) else { return }
        let note: ValueMap = [
            "version": .version(activation.version), "previous_version": .optional(activation.previous),
            "run": .string(activation.runID), "since": .timestamp(activation.since),
        ]
        let content = Array((JSON.text(.map(note)) + "\n").utf8)
        try await onDisk("the release that starts next could not be noted, so it was not changed") {
            () throws(SystemError) in
            try Files.makeFolders(Files.folder(of: path))
            try Files.writeAtomically(content, to: path)
        }
    }

    /// The node runs what is installed: the process from before is gone, or what it was started from is back.
    func end(of node: Int32, in clusterID: String) async throws(StepFailure) {
        guard let path = path(node, clusterID) else { return }
        try await onDisk("the note that node \(node) waits for its restart could not be taken away") {
            () throws(SystemError) in
            try Files.removeIfThere(path)
        }
    }

    /// Nil: there is no note. One that cannot be read stands for a release that nobody knows.
    package func find(_ node: Int32, in clusterID: String) async throws(StepFailure) -> Found? {
        guard let path = path(node, clusterID) else { return nil }
        let read = Locked<[UInt8]?>(nil)
        try await onDisk("the note on node \(node) cannot be read") { () throws(SystemError) in
            do throws(SystemError) {
                let content = try Files.read(path, limit: Self.limit)
                read.withLock { $0 = content }
            } catch {
                if error.code != ENOENT { throw error }
            }
        }
        guard let content = read.withLock({ $0 }) else { return nil }
        guard let note = (try? JSON.parse(content))?.mapValue,
            let version = note["version"]?.stringValue.flatMap(Version.init),
            let since = note["since"]?.stringValue.flatMap(Timestamp.init(rfc3339Text:))
        else { return Found(activation: nil) }
        return Found(
            activation: PendingActivation(
                version: version, previous: note["previous_version"]?.stringValue.flatMap(Version.init),
                runID: note["run"]?.stringValue ?? "", since: since))
    }

    package struct Found: Sendable {
        package var activation: PendingActivation?
    }

    private func onDisk(
        _ problem: String, _ work: @escaping @Sendable () throws(SystemError) -> Void
    ) async throws(StepFailure) {
        do throws(SystemError) {
            let result = try await ProcessSettings.disk.run { () -> Result<Void, SystemError> in
                do throws(SystemError) { return .success(try work()) } catch { return .failure(error) }
            }
            try result.get()
        } catch {
            throw StepFailure(
                .failed, problem, causes: ["\(error)"], nextAction: "look at the state folder (--state-dir)")
        }
    }
}

/// A change of the release that starts next, from its note to what becomes of it.
struct ActivationNote: Sendable {
    private let pending: PendingActivations
    private let permits: RestartPermits
    private let context: StepContext
    private let node: Int32
    private let clusterID: String
    private let before: PendingActivations.Found?
    private let previous: Version?
    private let version: Version

    /// Notes it. Nil where it needs no note: the lifecycle can tell what runs, or there is nobody to ask about the node.
    static func begin(
        _ version: Version, after previous: Version?, _ lifecycle: any Lifecycle, _ services: OperationServices,
        in context: StepContext
    ) async throws(StepFailure) -> ActivationNote? {
        let reading = context.reading
        guard !lifecycle.has(.running), let node = reading.host.nodeID, let clusterID = reading.clusterID
        else { return nil }
        let note = ActivationNote(
            pending: services.pending, permits: services.permits, context: context, node: node, clusterID: clusterID,
            before: try await services.pending.find(node, in: clusterID), previous: previous, version: version)
        let now = Timestamp(milliseconds: reading.time.sinceEpoch.milliseconds)
        // What runs is what was installed before the first of several changes.
        let first = note.before.map { $0.activation?.previous } ?? previous
        try await services.pending.begin(
            PendingActivation(version: version, previous: first, runID: context.runID, since: now), of: node,
            in: clusterID)
        return note
    }

    /// The lifecycle has done it. Back to what was there before this run changed it, with a process that this run has
    /// not touched: as if nothing had been.
    func succeeded() async {
        guard let first = before?.activation, first.runID == context.runID, first.previous == version,
            await !permits.isTouched(node, in: context.reading.clusterSettings?.name ?? "")
        else { return }
        try? await pending.end(of: node, in: clusterID)
    }

    /// The lifecycle failed, and `now` starts next.
    func failed(_ now: Version?) async {
        guard before == nil, let now, now == previous else { return }
        try? await pending.end(of: node, in: clusterID)
    }
}
