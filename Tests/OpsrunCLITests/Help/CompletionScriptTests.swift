import Glibc
import OpsrunCLI
import TestSupport
import Testing

/// Programs that may be missing on a machine.
enum Shell {
    static func find(_ name: String) -> String? {
        let folders = TestEnvironment["PATH"]?.split(separator: ":") ?? []
        return folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    static func note(_ text: String) { print("skipped: \(text)") }
}

@Suite struct CompletionScriptTests {
    @Test(arguments: CompletionScript.Shell.allCases)
    func `the script loads in its shell without a word`(shell: CompletionScript.Shell) async throws {
        guard let program = Shell.find(shell.rawValue) else {
            return Shell.note("\(shell.rawValue) is not installed: its completion was not loaded")
        }
        try await ScratchDirectory.with { scratch in
            let file = try scratch.write(CompletionScript.text(for: shell), to: "completion")
            let argv =
                switch shell {
                case .bash: [program, "--norc", "-u", "-c", "source \(file)"]
                case .zsh: [program, "-f", "-c", "autoload -U compinit; compinit -u -D; source \(file)"]
                case .fish: [program, "--no-config", "-c", "source \(file)"]
                }
            let outcome = try await TestProcess.run(argv, in: scratch)
            #expect(outcome.status == 0 && outcome.stdout.isEmpty && outcome.stderr.isEmpty, "\(outcome)")
        }
    }

    @Test(arguments: [
        (["pl"], "plan"), (["plan", "--detai"], "--detailed-exitcode"), (["audit", "ver"], "verify"),
        (["x.yml", "--output", "jsonl"], "jsonl"), (["lint", "--output", "hu"], "human"),
        (["completion", "f"], "fish"), (["help", "exit"], "exit-codes"), (["x.yml", "--color", "al"], "always"),
    ])
    func `bash completes commands, options and their values`(words: [String], expected: String) async throws {
        guard let bash = Shell.find("bash") else { return Shell.note("bash is not installed") }
        try await ScratchDirectory.with { scratch in
            let file = try scratch.write(CompletionScript.text(for: .bash), to: "completion")
            let line = words.map { "'\($0)'" }.joined(separator: " ")
            let script = """
                source \(file); COMP_WORDS=(opsrun \(line)); COMP_CWORD=\(words.count); _opsrun
                printf '%s\\n' "${COMPREPLY[@]}"
                """
            let outcome = try await TestProcess.run([bash, "--norc", "-c", script], in: scratch)
            #expect(outcome.stdout == expected + "\n")
        }
    }
}
