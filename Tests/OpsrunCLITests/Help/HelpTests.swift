import OpsrunCLI
import RunEngine
import TestSupport
import Testing

@Suite struct HelpTests {
    @Test func `help leads with examples and names every option of its command`() {
        for command in Registry.commands {
            let text = HelpText.command(command)
            #expect(text.contains("\nExamples:\n"), "\(command.usage)")
            for option in command.allOptions { #expect(text.contains("--\(option.name)"), "--\(option.name)") }
            let lines = text.split(separator: "\n")
            let examples = lines.firstIndex { $0 == "Examples:" } ?? .max
            #expect(examples < lines.firstIndex { $0.hasPrefix("Usage:") } ?? 0, "\(command.usage)")
        }
    }

    @Test(arguments: [40, 80, 200]) func `the overview keeps to the width it is given`(width: Int) {
        let lines = HelpText.overview(width: width).split(separator: "\n")
        let long = lines.filter { TextLayout.columns(of: $0) > max(width, 92) }
        #expect(long.isEmpty, "\(long)")
    }

    @Test func `the overview is as recorded`() throws {
        try expectSnapshot(HelpText.overview(), named: "overview")
    }

    @Test func `exit codes are all explained, the most serious first`() throws {
        let text = HelpTopic.exitCodes(width: 80)
        // Only commands that there are: what is not built is not pointed to.
        let words = text.split { $0 == " " || $0 == "\n" || $0 == "`" || $0 == "." || $0 == "," || $0 == ";" }
        let verbs = Set(Registry.commands.compactMap(\.words.first) + ["--version", "--help", "help", "ends"])
        for (word, next) in zip(words, words.dropFirst()) where word == "opsrun" {
            #expect(verbs.contains(String(next)), "opsrun \(next)")
        }
        for code in ExitCode.allCases { #expect(text.contains("\n  \(code.rawValue) "), "\(code)") }
        #expect(text.hasSuffix("the most serious wins: 70 74 11 8 7 5 1 6 4 9 10 3 2.\n"))
    }

    @Test func `the manual page is roff that man can show`() async throws {
        let page = ManualPage.text()
        for option in Registry.allOptions {
            let dashed = "--\(option.name)".map { $0 == "-" ? "\\-" : String($0) }.joined()
            #expect(page.contains(dashed), "--\(option.name)")
        }
        try await ScratchDirectory.with { scratch in
            let file = try scratch.write(page, to: "opsrun.1")
            guard Shell.find("groff") != nil else { return Shell.note("groff is not installed: not rendered") }
            let outcome = try await TestProcess.run(["groff", "-man", "-Tutf8", "-ww", file], in: scratch)
            #expect(outcome.status == 0)
            #expect(outcome.stderr.isEmpty, "\(outcome.stderr)")
        }
    }
}
