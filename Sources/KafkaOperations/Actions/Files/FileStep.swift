import EventLoop
import Playbooks
import RunEngine
import Values

/// What `copy` and `template` have in common: putting bytes where they are to be.
///
/// 1. The file there is compared byte by byte, and its mode where one is given. 2. Where both are right, nothing is
/// changed. 3. Else it is replaced as a whole; whose it is stays, and so does its mode unless one is given. 4. It is
/// compared again.
struct FileStep: Sendable {
    var destination: String
    var mode: UInt32?
    var services: OperationServices

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        self.services = services
        destination = try arguments.text("dest")
        if let text = try arguments.textIfAny("mode") {
            guard let mode = FileMode.parse(text) else {
                throw arguments.failure("the mode \(text) is not three or four octal digits such as 0644", at: "mode")
            }
            self.mode = mode
        }
    }

    static let parameters: [ActionReference.Parameter] = [
        .init("dest", .string, "The file on the host; its folder must exist"),
        .optional(
            "mode", .string,
            """
            Octal digits, such as "0644"; without it a file keeps its own, and a new one gets 0644, or 0600 with a secret in it
            """),
    ]

    static let result = RecordType.write(
        .init("path", .string, "The file on the host"), .init("bytes", .bytes, "What it holds"))

    /// What a file is to hold.
    struct Content: Sendable {
        var bytes: [UInt8]
        /// A secret is in it.
        var isSecret: Bool

        /// The mode of a file that is new.
        var newMode: UInt32 { isSecret ? 0o600 : 0o644 }
    }

    func plan(_ content: Content, in context: ReadContext) async throws(StepFailure) -> ActionPlan {
        let shell = try services.shell(context.host)
        let files = HostFiles(shell, context)
        let path = context.path(destination, on: shell)
        if try await files.matches(destination, content.bytes, mode: mode) {
            return ActionPlan(changesNothing: true, notes: ["\(path) is as wanted"])
        }
        let size = ByteCount(Int64(content.bytes.count))
        guard let there = try await files.status(destination) else {
            return ActionPlan(changes: ["\(path): new, \(size), mode \(FileMode.text(mode ?? content.newMode))"]
            )
        }
        var change = "\(path): \(ByteCount(there.size)) → \(size)"
        if let mode, mode != there.mode { change += ", mode \(FileMode.text(there.mode)) → \(FileMode.text(mode))" }
        var changes = [change]
        if context.showsDifferences, !content.isSecret,
            let old = try await files.text(destination, limit: LineDifference.sizeLimit),
            let new = String(validating: content.bytes, as: UTF8.self)
        {
            changes += LineDifference.lines(from: old, to: new)
        }
        return ActionPlan(changes: changes)
    }

    func run(_ content: Content, in context: StepContext) async throws(StepFailure) -> ActionOutcome {
        let files = HostFiles(try services.shell(context.reading.host), context.reading)
        let result: ValueMap = [
            "changed": true, "path": .string(destination), "bytes": .bytes(ByteCount(Int64(content.bytes.count))),
        ]
        if try await files.matches(destination, content.bytes, mode: mode) {
            var same = result
            same["changed"] = false
            return ActionOutcome(.ok, result: same)
        }
        try await files.write(destination, content.bytes, mode: mode, newMode: content.newMode)
        guard try await files.matches(destination, content.bytes, mode: mode) else {
            throw StepFailure(
                .failed, "\(destination) is not what was just written to it: something else writes it too")
        }
        return ActionOutcome(.changed, result: result)
    }

    func verify(_ content: Content, in context: StepContext) async throws(StepFailure) -> Verification {
        let files = HostFiles(try services.shell(context.reading.host), context.reading)
        return try await files.matches(destination, content.bytes, mode: mode)
            ? .done(evidence: "\(destination) has the wanted content")
            : .notDone(evidence: "\(destination) has other content")
    }

    /// A file of the runner, by a path from the folder of the file that names it.
    static func source(_ path: String, _ context: ReadContext) async throws(StepFailure) -> [UInt8] {
        let full = LocalPath.join(context.folder, path)
        let result: Result<[UInt8], SystemError>
        do throws(SystemError) {
            result = try await ProcessSettings.disk.run {
                do throws(SystemError) { return .success(try Files.read(full, limit: HostFiles.sizeLimit)) } catch {
                    return .failure(error)
                }
            }
        } catch {
            throw StepFailure(.failed, error.description)
        }
        do throws(SystemError) { return try result.get() } catch { throw StepFailure(.failed, error.description) }
    }
}
