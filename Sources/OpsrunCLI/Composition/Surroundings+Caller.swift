internal import Glibc
internal import RunEngine

extension Surroundings {
    /// Who calls, for the record: the user, who stands behind `sudo`, whom a CI system runs for.
    func caller(arguments: [String]) -> Caller {
        var caller = Caller(
            user: user, host: host, pid: Int(getpid()), arguments: arguments, version: OpsrunVersion.number)
        caller.uid = Int(getuid())
        caller.sudoUser = environment["SUDO_USER"].flatMap { $0.isEmpty || $0 == user ? nil : $0 }
        caller.actor = ci?.actor
        caller.runURL = ci?.runURL
        return caller
    }
}
