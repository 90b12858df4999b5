import EventLoop
import RunEngine

/// The folder of an attempt that keeps what a step's programs said: `stdout` and `stderr`, each only when there was
/// something, without the secrets that the run knows.
struct OutputFolder: Sendable {
    private let path: String
    private let mask: @Sendable (String) -> String
    private let noteKept: @Sendable (String, [UInt8]) -> Void

    /// Keeps nothing where the context has no folder (`no_log`).
    init(_ context: StepContext) {
        path = context.outputFolder
        mask = context.mask
        noteKept = context.noteKept
    }

    /// A disk that is full does not fail the step: its result carries the output as well.
    func keep(_ result: ShellResult) async {
        await keep(result.stdout, "stdout")
        await keep(result.stderr, "stderr")
    }

    private func keep(_ output: KeptOutput, _ name: String) async {
        guard !path.isEmpty, output.totalBytes > 0 else { return }
        let (path, content) = (path, Array(mask(output.text).utf8))
        let isKept = try? await ProcessSettings.disk.run {
            do throws(SystemError) {
                try Files.makeFolders(path)
                try Files.writeAtomically(content, to: "\(path)/\(name)")
                return true
            } catch {
                return false
            }
        }
        if isKept == true { noteKept(name, content) }
    }
}
