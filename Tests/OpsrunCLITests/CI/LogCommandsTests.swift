import OpsrunCLI
import Testing
import Values

@Suite struct LogCommandsTests {
    private func annotation(_ severity: Annotation.Severity, _ number: Int) -> Annotation {
        Annotation(severity, file: "a.yml", line: number, title: "t", message: "m\(number)")
    }

    @Test func `the worst nine are shown, and how many there are besides`() {
        let all = (1...8).map { annotation(.warning, $0) } + (9...14).map { annotation(.error, $0) }
        let lines = LogCommands(.github).annotations(all).split(separator: "\n")
        #expect(lines.count == 10)
        #expect(lines.prefix(6).allSatisfy { $0.hasPrefix("::error file=a.yml,line=") })
        #expect(lines[6...8].allSatisfy { $0.hasPrefix("::warning ") })
        #expect(lines[9] == "::warning title=opsrun::5 more in the summary")
        #expect(LogCommands(.github).annotations(Array(all.prefix(9))).split(separator: "\n").count == 9)
    }

    @Test func `nothing in an annotation ends it or begins another`() {
        var hostile = annotation(.error, 1)
        hostile.file = "a,line=9::x.yml"
        hostile.title = "t::error::\n::error::x"
        hostile.message = "100%\n::error::y\r##vso[task.complete]"
        let github = LogCommands(.github).annotations([hostile])
        #expect(
            github
                == "::error file=a%2Cline=9%3A%3Ax.yml,line=1,title=t%3A%3Aerror%3A%3A\\u{a}%3A%3Aerror%3A%3Ax::"
                + "100%25%0A::error::y\\u{d}##vso[task.complete]\n")
        hostile.file = "a;b]c%.yml"
        let azure = LogCommands(.azure).annotations([hostile])
        #expect(
            azure.hasPrefix("##vso[task.logissue type=error;sourcepath=a%3Bb%5Dc%AZP25.yml;linenumber=1]100%AZP25%0A"))
        #expect(azure.split(separator: "\n").count == 1)
        for system in [ContinuousIntegration.System.gitlab, .jenkins, .buildkite, .other] {
            #expect(LogCommands(system).annotations([hostile]).isEmpty)
        }
    }

    @Test func `a joiner behind a mark hides no mark`() {
        let annotation = Annotation(.error, title: "a,\u{200D}file=/etc/x", message: "m")
        let line = LogCommands(.github).annotations([annotation])
        #expect(!line.contains(",\u{200D}file") && line.contains("%2C\u{200D}file"), "\(line)")
        let cell = MarkdownText.inline("|\u{200D}[x](y)`\u{FE0F}")
        #expect(cell == "\\|\u{200D}\\[x\\]\\(y\\)\\`\u{FE0F}", "\(cell)")
        #expect(MarkdownText.code("a`\u{200D}b") == "`a'\u{200D}b`")
    }

    @Test func `groups are written as each system reads them`() {
        let time = Timestamp(milliseconds: 1_700_000_000_123)
        func group(_ system: ContinuousIntegration.System) -> String {
            let commands = LogCommands(system)
            return commands.beginGroup("PLAY a%b", number: 2, at: time) + commands.endGroup(number: 2, at: time)
        }
        #expect(group(.github) == "::group::PLAY a%25b\n::endgroup::\n")
        #expect(group(.azure) == "##[group]PLAY a%b\n##[endgroup]\n")
        #expect(group(.buildkite) == "--- PLAY a%b\n")
        #expect(
            group(.gitlab) == "\u{1B}[0Ksection_start:1700000000:opsrun_2\r\u{1B}[0KPLAY a%b\n"
                + "\u{1B}[0Ksection_end:1700000000:opsrun_2\r\u{1B}[0K\n")
        #expect(group(.jenkins).isEmpty && group(.other).isEmpty)
        let hostile = LogCommands(.azure).beginGroup("x\n##vso[task.complete]", number: 1, at: time)
        #expect(hostile == "##[group]x\\u{a}#\\u{23}vso[task.complete]\n")
    }

    @Test func `the word that ends a fence cannot be guessed`() {
        let words = (0..<100).map { _ in LogCommands.token() }
        #expect(Set(words).count == 100 && words.allSatisfy { $0.count >= 32 })
    }
}
