import EventLoop
import RunEngine

/// The folder of an attempt that keeps what a step's programs said: `stdout` and `stderr`, each only when there was
/// something, without the secrets that the run knows.
struct OutputFolder: Sendable {
    private let path: String
    private let mask: @Sendable (String) -> String

    /// Keeps nothing where the context has no folder (`no_log`).
    init(_ context: StepContext) {
        path = context.outputFolder
        mask = context.mask
    }

    /// A disk that is full does not fail the step: its result carries the output as well.
    func keep(_ result: ShellResult) async {
        await keep(result.stdout, "stdout")
        await keep(result.stderr, "stderr")
    }

    private func keep(_ output: KeptOutput, _ name: String) async {
        guard !path.isEmpty, output.totalBytes > 0 else { return }
        let (path, text) = (path, mask(output.text))
        _ = try? await ProcessSettings.disk.run {
            do throws(SystemError) {
                try Files.makeFolders(path)
                try Files.writeAtomically(Array(text.utf8), to: "\(path)/\(name)")
            } catch {}
        }
    }
}
