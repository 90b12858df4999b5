import EventLoop
import Glibc

/// The folder in which the users of a machine lock clusters for each other: `opsrun` in `/run/lock`, or in `/var/lock`.
///
/// It serves when it is root's own and sticky (mode 1777): nobody can then take away or replace the file of another. Who
/// installs opsrun makes it (`d /run/lock/opsrun 1777 root root` in tmpfiles.d).
package enum SharedLockFolder {
    package static let parents = ["/run/lock", "/var/lock"]
    private static let name = "opsrun"
    private static let mode: mode_t = 0o1777

    /// The first that serves; nil: none does.
    package static func find(in parents: [String] = parents, owner: UInt32 = 0) -> String? {
        for parent in parents {
            guard let info = status(parent, follows: true), info.st_uid == owner else { continue }
            // In a folder that others write to and that is not sticky, they could put another one in its place.
            guard info.st_mode & 0o022 == 0 || info.st_mode & 0o1000 != 0 else { continue }
            let path = "\(parent)/\(name)"
            guard let info = status(path, follows: false), info.st_mode & S_IFMT == S_IFDIR, info.st_uid == owner,
                info.st_mode & 0o7777 == mode
            else { continue }
            return path
        }
        return nil
    }

    /// What a plan says where there is none.
    package static let missingNote =
        "the lock holds among this user's runs alone; for all users of this machine, once as root: "
        + "install -d -m 1777 /run/lock/opsrun"

    private static func status(_ path: String, follows: Bool) -> stat? {
        var info = stat()
        guard (follows ? stat(path, &info) : lstat(path, &info)) == 0 else { return nil }
        return info
    }
}
