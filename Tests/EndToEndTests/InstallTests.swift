import Glibc
import TestSupport
import Testing

/// What `make install` puts where, through its script and the built program.
@Suite struct InstallTests {
    @Test func `an installed opsrun has its playbooks, completions and manual page where they are looked for`()
        async throws
    {
        try await ScratchDirectory.with { scratch in
            let prefix = "\(scratch.path)/usr"
            let installed = try await TestProcess.run(
                [
                    "sh", "-c", "cd '\(BuiltOpsrun.package)' && exec scripts/install '\(BuiltOpsrun.path)' '\(prefix)'",
                ], in: scratch)
            try #require(installed.status == 0, "\(installed)")

            let found = try await TestProcess.run(["\(prefix)/bin/opsrun", "lint", "rolling-upgrade"], in: scratch)
            #expect(found.status == 0 && found.stderr.contains("no problems"), "\(found)")

            let scripts = [
                ("bash", "bash-completion/completions/opsrun"), ("zsh", "zsh/site-functions/_opsrun"),
                ("fish", "fish/vendor_completions.d/opsrun.fish"),
            ]
            for (shell, file) in scripts {
                let text = try scratch.read("\(prefix)/share/\(file)")
                #expect(text.contains("transactions") && text.contains("bootstrap"), "\(file)")
                let checked = try await TestProcess.run(
                    ["sh", "-c", "command -v \(shell) >/dev/null || exit 0; exec \(shell) -n \(prefix)/share/\(file)"],
                    in: scratch)
                #expect(checked.status == 0 && checked.stderr.isEmpty, "\(checked)")
            }

            let page = "\(prefix)/share/man/man1/opsrun.1"
            #expect(try scratch.read(page).contains(".SH EXIT STATUS"))
            let shown = try await TestProcess.run(
                [
                    "sh", "-c",
                    "command -v groff >/dev/null || exit 0; exec groff -man -Tutf8 -ww -rCHECKSTYLE=3 \(page)",
                ],
                in: scratch)
            #expect(shown.status == 0 && shown.stderr.isEmpty, "\(shown.stderr)")
        }
    }
}
