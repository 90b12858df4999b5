import EventLoop

/// The folder of the run that keeps what a step's programs said: `stdout` and `stderr`, each only when there was
/// something.
struct OutputFolder: Sendable {
    private let path: String

    /// An empty path keeps nothing (`no_log`).
    init(_ path: String) { self.path = path }

    /// A disk that is full does not fail the step: its result carries the output as well.
    func keep(_ result: ShellResult) async {
        await keep(result.stdout, "stdout")
        await keep(result.stderr, "stderr")
    }

    private func keep(_ output: KeptOutput, _ name: String) async {
        guard !path.isEmpty, output.totalBytes > 0 else { return }
        let (path, text) = (path, output.text)
        _ = try? await ProcessSettings.disk.run {
            do throws(SystemError) {
                try Files.makeFolders(path)
                try Files.writeAtomically(Array(text.utf8), to: "\(path)/\(name)")
            } catch {}
        }
    }
}
