package import EventLoop
import Values

/// Where runs live: `<root>/runs/<run id>/` with `plan.json`, `journal.jsonl`, `sources/`, `output/`, and `<root>/audit/`,
/// `<root>/locks/`, `<root>/activated/`.
///
/// `root` is `$XDG_STATE_HOME/opsrun` unless a test says otherwise.
package struct RunStore: Sendable {
    package let root: String
    package let storage: any RecordStorage

    /// Where the users of this machine lock clusters for each other (`SharedLockFolder`); nil: each in a folder of their own.
    package let sharedLockFolder: String?

    package init(
        root: String, storage: any RecordStorage = DiskStorage(), sharedLockFolder: String? = nil
    ) {
        self.root = root
        self.sharedLockFolder = sharedLockFolder
        self.storage = storage
    }

    package var auditFolder: String { "\(root)/audit" }
    package var lockFolder: String { "\(root)/locks" }
    /// Releases that were made the ones that start next, where no restart has been proven since.
    package var activatedFolder: String { "\(root)/activated" }
    package var runsFolder: String { "\(root)/runs" }

    package func folder(of runID: String) -> String { "\(runsFolder)/\(runID)" }
    package func journalPath(of runID: String) -> String { "\(folder(of: runID))/journal.jsonl" }
    package func outputFolder(of runID: String) -> String { "\(folder(of: runID))/\(Self.outputName)" }
    static let outputName = "output"
    /// What was signed for the run, and what it has counted (`ApprovalFolder`).
    package func approvalsFolder(of runID: String) -> String { "\(folder(of: runID))/approvals" }
    /// Which run each signed approval of a plan has counted for (`UsedApprovals`).
    var usedApprovalsFolder: String { "\(root)/approvals" }
    /// What processes of this machine leave to be found again; gone when the run is over (`ProcessJob`).
    package func jobsFolder(of runID: String) -> String { "\(folder(of: runID))/jobs" }

    /// The folder of one attempt of a step below the run's output folder: a level for each part of its key, so that no two
    /// steps, hosts, items or attempts share one.
    static func outputFolder(in folder: String, key: String, attempt: Int) -> String {
        let parts = key.split(separator: "/", omittingEmptySubsequences: false).map { part in
            let name = fileName(String(part))
            // What had to be changed for the file system is told apart by its digest.
            return name == part ? name : "\(name)-\(Digest.sha256(part.utf8).prefix(8))"
        }
        return ([folder] + parts + ["attempt-\(attempt)"]).joined(separator: "/")
    }

    package func auditHeadPath(of runID: String) -> String { "\(folder(of: runID))/audit-heads.json" }

    /// The audit log of a cluster, or of runs without one.
    package func auditPath(clusterID: String?) -> String {
        "\(auditFolder)/\(clusterID.map(Self.fileName) ?? "local").jsonl"
    }

    /// Makes the run's folder with its plan and sources.
    func create(_ runID: String, plan: Plan, sourceTexts: [(path: String, text: String)]) throws(SystemError) {
        let folder = folder(of: runID)
        try storage.makeFolders(folder)
        try storage.makeFolders("\(folder)/sources")
        try storage.makeFolders(outputFolder(of: runID))
        try storage.writeAtomically(Array(JSON.text(plan.json(), pretty: true).utf8), to: "\(folder)/plan.json")
        for (index, source) in sourceTexts.enumerated() {
            let name = Self.sourceName(index, source.path)
            try storage.writeAtomically(Array(source.text.utf8), to: "\(folder)/sources/\(name)")
        }
    }

    /// The copy of a source in the run's folder, by its place among them.
    static func sourceName(_ index: Int, _ path: String) -> String {
        "\(index + 1)-\(fileName(path.split(separator: "/").last.map(String.init) ?? ""))"
    }

    /// Ids of the runs that have a folder, newest first.
    package func runIDs() throws(SystemError) -> [String] {
        do throws(SystemError) {
            return try storage.list(runsFolder).filter(RunID.isValid).reversed()
        } catch {
            if error.isMissing { return [] }
            throw error
        }
    }

    func lockPath(of runID: String) -> String { "\(folder(of: runID))/lock" }

    /// Held by the process that a run is in; nil: another one lives. The kernel lets it go when its holder dies.
    package func lockRun(_ runID: String) throws(SystemError) -> (any HeldLock)? {
        try storage.lock(lockPath(of: runID))
    }

    /// The plan as the run has it.
    package func plan(of runID: String) throws(SystemError) -> [UInt8] {
        try storage.read("\(folder(of: runID))/plan.json")
    }

    /// The sources of a run by their paths, as they were when it began. Throws for one that is not the one of the plan.
    package func sources(of runID: String, _ plan: Plan) throws -> [String: String] {
        var sources: [String: String] = [:]
        for (index, source) in plan.sources.enumerated() {
            let path = "\(folder(of: runID))/sources/\(Self.sourceName(index, source.path))"
            let bytes = try storage.read(path)
            guard Digest.sha256(bytes) == source.sha256 else {
                throw RecordFailure(
                    message: "\(path) is not the source that the plan of the run was made from", isDamage: true)
            }
            sources[source.path] = String(decoding: bytes, as: UTF8.self)
        }
        return sources
    }

    package func journal(of runID: String) throws(SystemError) -> JournalContent {
        JournalContent(try storage.read(journalPath(of: runID)))
    }

    /// The events of a journal, or those behind an `end` of it that is known; none of them is kept.
    package func readJournal(
        of runID: String, after end: ChainEnd = ChainEnd(), _ visit: (RunEvent) -> Void
    ) throws(SystemError) -> ChainEnd {
        let bytes = try storage.read(journalPath(of: runID), from: end.wholeLength)
        return JournalContent.read(bytes, after: end, visit)
    }

    /// True where a run of this store has no process, and no journal or one without a first record: it has done nothing.
    package func neverBegan(_ runID: String) -> Bool {
        do throws(SystemError) {
            guard try lockRun(runID) != nil else { return false }
            return try readJournal(of: runID) { _ in }.records == 0
        } catch {
            return error.isMissing
        }
    }

    /// A text as one component of a path: what is not a letter, a digit, `.`, `-` or `_` becomes `_`; never hidden.
    package static func fileName(_ text: String) -> String {
        let safe = text.unicodeScalars.prefix(120).map { scalar -> Character in
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            return isPlain || scalar == "-" || scalar == "_" || scalar == "." ? Character(scalar) : "_"
        }
        let name = String(safe)
        return name.isEmpty || name.hasPrefix(".") ? "_" + name : name
    }
}
