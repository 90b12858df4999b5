import EventLoop
import Glibc
import Values

/// Leases in files, one a cluster: in the user's own folder, or in one that several users share.
///
/// A lock on the file (flock) is held while it is replaced and no longer: it keeps two replacements apart, and says nothing
/// of who holds the cluster. In the own folder the file is replaced by rename; in a shared one, where nobody can rename over
/// the file of another, it is written in place, in one write of one page.
package struct FileLeaseStore: LeaseStore {
    private let folder: String
    private let isShared: Bool
    private let storage: any RecordStorage

    /// `isShared`: the files are for all who may write to the folder.
    package init(folder: String, isShared: Bool, storage: any RecordStorage = DiskStorage()) {
        self.folder = folder
        self.isShared = isShared
        self.storage = storage
    }

    package var place: String { folder }
    package var lookInterval: Duration? { .seconds(1) }

    private func path(_ clusterID: String) -> String {
        "\(folder)/\(RunStore.fileName(clusterID))\(isShared ? Self.sharedSuffix : Self.ownSuffix)"
    }

    private static let sharedSuffix = ".lock"
    private static let ownSuffix = ".json"
    /// A file of another user is no longer than this.
    private static let limit = 65_536

    package func lease(of clusterID: String) throws -> Lease? {
        do throws(SystemError) {
            return Self.lease(try bytes(path(clusterID)), clusterID)
        } catch {
            if error.isMissing { return nil }
            throw RecordFailure(what: "lock", error)
        }
    }

    /// Every lease that stands in the folder, in the order of the files' names.
    package func leases() throws(RecordFailure) -> [Lease] {
        do throws(SystemError) {
            let suffix = isShared ? Self.sharedSuffix : Self.ownSuffix
            let names: [String]
            do throws(SystemError) { names = try storage.list(folder) } catch {
                if error.isMissing { return [] }
                throw error
            }
            var leases: [Lease] = []
            for name in names.prefix(Self.listLimit) where name.hasSuffix(suffix) {
                let found = Self.lease(try bytes("\(folder)/\(name)"), String(name.dropLast(suffix.utf8.count)))
                if let found { leases.append(found) }
            }
            return leases
        } catch {
            throw RecordFailure(what: "lock", error)
        }
    }

    private static let listLimit = 10_000

    package func replace(_ clusterID: String, _ decide: @escaping @Sendable (Lease?) -> Lease?) throws -> LeaseChange {
        do throws(SystemError) {
            return isShared ? try replaceShared(clusterID, decide) : try replaceOwn(clusterID, decide)
        } catch {
            throw RecordFailure(what: "lock", error)
        }
    }

    private func replaceOwn(
        _ clusterID: String, _ decide: (Lease?) -> Lease?
    ) throws(SystemError) -> LeaseChange {
        try storage.makeFolders(folder)
        let path = path(clusterID)
        let guardPath = "\(folder)/\(RunStore.fileName(clusterID)).lock"
        let held = try wait(guardPath) { () throws(SystemError) in try storage.lock(guardPath) }
        defer { withExtendedLifetime(held) {} }
        var before: Lease?
        do throws(SystemError) { before = Self.lease(try storage.read(path), clusterID) } catch {
            if !error.isMissing { throw error }
        }
        guard let after = decide(before) else { return LeaseChange(before: before, after: nil) }
        try storage.writeAtomically(Self.text(after), to: path)
        return LeaseChange(before: before, after: after)
    }

    private func replaceShared(
        _ clusterID: String, _ decide: (Lease?) -> Lease?
    ) throws(SystemError) -> LeaseChange {
        let path = path(clusterID)
        let file = try wait(path) { () throws(SystemError) in try storage.lockShared(path) }
        let before = Self.lease(try file.contents(limit: Self.limit), clusterID)
        guard let after = decide(before) else { return LeaseChange(before: before, after: nil) }
        try file.replaceContents(Self.text(after))
        return LeaseChange(before: before, after: after)
    }

    private func bytes(_ path: String) throws(SystemError) -> [UInt8] {
        isShared ? try Files.read(path, limit: Self.limit) : try storage.read(path)
    }

    /// An empty file is one that was just made. What an older opsrun wrote beside a lock of its own has no epoch.
    private static func lease(_ bytes: [UInt8], _ clusterID: String) -> Lease? {
        guard bytes.contains(where: { $0 > 0x20 }) else { return nil }
        guard let json = try? JSON.parse(bytes) else { return .unreadable(clusterID: clusterID) }
        if let lease = Lease(json: json) { return lease }
        return json["epoch"] == nil && json["pid"] != nil ? nil : .unreadable(clusterID: clusterID)
    }

    /// Padded to a page: a shorter text leaves nothing of a longer one behind.
    private static func text(_ lease: Lease) -> [UInt8] {
        var text = Array(JSON.text(lease.json(), pretty: true).utf8)
        let padding = (page - 1) - (text.count % page)
        text += [UInt8](repeating: UInt8(ascii: " "), count: padding)
        text.append(UInt8(ascii: "\n"))
        return text
    }

    private static let page = 4096

    private func wait<Held>(
        _ path: String, _ take: () throws(SystemError) -> Held?
    ) throws(SystemError) -> Held {
        for _ in 0..<Self.attempts {
            if let held = try take() { return held }
            pauseBriefly()
        }
        throw SystemError(code: EAGAIN, operation: "lock (another process holds it)", subject: path)
    }

    /// Times ten milliseconds: a replacement is short.
    private static let attempts = 500
}
