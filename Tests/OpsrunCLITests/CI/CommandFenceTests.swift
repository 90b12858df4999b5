import OpsrunCLI
import RunEngine
import Testing
import Values

@Suite struct CommandFenceTests {
    /// What each system would do something about.
    static let hostile = [
        "::error file=a,line=1::boo", "  ::set-output name=a::b", "\u{A0}\u{2003}::add-mask::x", "\t::stop-commands::x",
        "\u{FEFF}::debug::x", "##[error]boo", "text ##[command]rm", "##vso[task.setvariable variable=a]b",
        "x ##VSO[task.complete result=Succeeded]", "##teamcity[buildStatus]",
        "\u{1B}[0Ksection_start:1:a\r\u{1B}[0Kboo",
        "section_end:17:build\r\u{1B}[0K", "\u{1B}]1338;url='http://x';alt='y'\u{7}", "\u{1B}[8mha:AAAA\u{1B}[0m",
        "a\r::error::hidden behind a return", "\u{9B}2J", "one\u{0B}::error::two", "::::error::",
    ]

    /// Whether one of the five would read a command in a line.
    static func isCommand(_ line: String) -> Bool {
        // Our own colours are what a log is to show.
        let line = line.replacing("\u{1B}[0m", with: "")
        let trimmed = line.drop { $0.isWhitespace || ["\u{FEFF}", "\u{200B}"].contains($0) }
        let lower = line.lowercased()
        let escapes = line.unicodeScalars.contains {
            ($0.value < 0x20 && $0 != "\t") || (0x7F...0x9F).contains($0.value)
        }
        return trimmed.hasPrefix("::") || lower.contains("##[") || lower.contains("##vso[")
            || lower.contains("##teamcity[") || lower.contains("section_start:") || lower.contains("section_end:")
            || escapes
    }

    @Test(arguments: ContinuousIntegration.System.allCases)
    func `no line is read as a command by any system`(_ system: ContinuousIntegration.System) {
        let fence = CommandFence(.text, system: system)
        for text in Self.hostile {
            #expect(Self.isCommand(text), "\(text.debugDescription) is not hostile: the test shows nothing")
            let safe = fence.apply(text)
            #expect(!Self.isCommand(safe), "\(text.debugDescription) became \(safe.debugDescription)")
            #expect(fence.apply(safe) == safe)
        }
    }

    @Test func `headers of Buildkite are text there, and stay as they are elsewhere`() {
        for text in ["--- a/file", "+++ b", "~~~ x", "^^^ +++", "  --- x"] {
            #expect(CommandFence(.text, system: .buildkite).apply(text) != text)
            #expect(CommandFence(.text, system: .github).apply(text) == text)
        }
    }

    @Test func `plain text, colours of our own and names with colons stay as they are`() {
        let fence = CommandFence(.text, system: .github)
        for text in [
            "ok: [kafka-1] a::b", "\u{1B}[32mok\u{1B}[0m: [kafka-1]", "| a | b |", "# heading", "## heading", "",
            "Grüße ✅",
            "topic_1 #1 [a]", "C:\\x",
        ] { #expect(fence.apply(text) == text) }
        #expect(fence.apply("a\n::b\nc\n") == "a\n\\u{3a}:b\nc\n")
    }

    @Test func `JSON says the same behind the fence`() throws {
        let value: Value = [
            "a": "##[error]x", "b": "##vso[task.complete]", "c": "section_start:1:a", "::error::": "::b",
            "d": .string("\u{1B}[0Ksection_end:2:b\r"), "e": "##",
        ]
        for text in [JSON.text(value, pretty: true), JSON.text(value)] {
            let safe = CommandFence(.quoted, system: .azure).apply(text)
            #expect(try JSON.parse(safe) == value)
            for line in safe.split(separator: "\n") { #expect(!Self.isCommand(String(line)), "\(line)") }
        }
    }

    @Test func `a command that comes in pieces is none either`() async {
        let text = Self.hostile.joined(separator: "\n") + "\n"
        let count = text.unicodeScalars.count
        for cut in stride(from: 1, to: count, by: 3) {
            let streams = CapturedStreams(environment: ["CI": "true", "GITHUB_ACTIONS": "true"])
            let fenced = streams.surroundings.fenced()
            let place = text.unicodeScalars.index(text.unicodeScalars.startIndex, offsetBy: cut)
            fenced.output.write(String(text[..<place]))
            fenced.output.write(String(text[place...]))
            fenced.flush()
            for line in streams.output.split(separator: "\n") {
                #expect(!Self.isCommand(String(line)), "\(cut): \(line)")
            }
        }
    }

    @Test func `what a command line brings is fenced, too`() async {
        let streams = CapturedStreams(environment: ["CI": "true", "GITHUB_ACTIONS": "true"])
        #expect(await OpsrunCommand.run(["::error::boo"], in: streams.surroundings) == .usage)
        #expect(await OpsrunCommand.run(["lint", "\n::error::boo"], in: streams.surroundings) == .invalid)
        for line in (streams.output + streams.messages).split(separator: "\n")
        where !line.hasPrefix("::error title=") && !line.hasPrefix("::error file=") {
            #expect(!Self.isCommand(String(line)), "\(line)")
        }
    }
}
