import OpsrunCLI
import RunEngine
import TestSupport
import Testing
import Values

@Suite struct RunViewTests {
    private func human(_ story: RunStory, colored: Bool = false, width: Int = 80) -> String {
        var view = HumanView(style: Style(isColored: colored), width: width)
        return story.events.map { view.text(for: $0) }.joined()
    }

    @Test func `the human view has Ansible's look`() throws {
        let story = RunStory.held(fails: true)
        let recap = RecapView(style: .plain, width: 80)
        try expectSnapshot(
            human(story) + recap.recap(story.state)
                + recap.failure(story.state, exit: .gateFailed, directory: "/var/lib/opsrun/runs/01890a5d"),
            named: "human-held")
    }

    @Test func `the human view is coloured only by escapes that end`() throws {
        try expectSnapshot(human(RunStory.rolling(), colored: true), named: "human-coloured")
    }

    @Test func `the plain view has one line per change, and a heartbeat says what it waits for`() throws {
        let story = RunStory.held(fails: false)
        var view = PlainView(style: .plain)
        let lines = story.events.map { view.text(for: $0) }.joined()
        let heartbeat = view.heartbeat(story.state, now: Timestamp(milliseconds: story.now + 30_000))
        try expectSnapshot(lines + "--- heartbeat\n" + heartbeat, named: "plain-held")
    }

    @Test(arguments: [60, 80, 120]) func `the live region shows the roll and fits the terminal`(width: Int) throws {
        var text = ""
        for story in [RunStory.rolling(), RunStory.held(fails: false)] {
            var board = RollBoard()
            for event in story.events { board.apply(event) }
            let lines = LiveView(style: .plain).lines(
                story.state, board, now: Timestamp(milliseconds: story.now + 3000), width: width)
            for line in lines { #expect(TextLayout.columns(of: line) < width, "\(line)") }
            text += lines.joined(separator: "\n") + "\n\n"
        }
        try expectSnapshot(text, named: "live-\(width)")
    }

    @Test func `a live region of two hundred brokers stays within the screen`() {
        var story = RunStory()
        story.open()
        story.play("Brokers", (1...200).map { "kafka-\($0).eu.example" }, batches: 200)
        var board = RollBoard()
        for event in story.events { board.apply(event) }
        let lines = LiveView(style: .plain).lines(
            story.state, board, now: Timestamp(milliseconds: story.now), width: 80, rows: 24)
        #expect(lines.count <= 22)
        #expect(lines.last?.contains("more hosts") == true)
    }

    @Test func `the region is replaced in place and leaves nothing behind`() {
        var region = LiveRegion()
        #expect(region.update(scrolled: "", region: []) == "")
        #expect(region.update(scrolled: "one\n", region: ["a", "b"]) == "one\na\nb\n")
        #expect(region.update(scrolled: "", region: ["a", "b"]) == "")
        #expect(region.update(scrolled: "two\n", region: ["c"]) == "\u{1B}[2A\r\u{1B}[Jtwo\nc\n")
        #expect(region.clear() == "\u{1B}[1A\r\u{1B}[J")
        #expect(region.clear() == "")
    }

    @Test func `a broker's way through a roll`() {
        var board = RollBoard()
        var seen: [String] = []
        for event in RunStory.held(fails: true).events {
            board.apply(event)
            let state = board["kafka-2"]?.rawValue ?? "-"
            if seen.last != state { seen.append(state) }
        }
        #expect(seen == ["-", "waiting", "stopping", "back", "catching up", "failed"])
        #expect(board["kafka-1"] == .done)
    }

    @Test func `a step whose end the disk did not take is named`() {
        var story = RunStory()
        story.open()
        story.begin("Fill", "command", "kafka-1")
        let recap = RecapView(style: .plain, width: 80)
        #expect(
            recap.failure(story.state, exit: .storage, directory: nil)
                .contains("begun, its end not recorded: Fill [kafka-1]\n"))
        #expect(!recap.failure(story.state, exit: .taskFailed, directory: nil).contains("its end not recorded"))
    }

    @Test func `a run as one document reads back`() throws {
        let story = RunStory.held(fails: true)
        let document = RunDocument.value(story.state, plan: nil, exit: .gateFailed, directory: "/runs/1")
        let text = JSON.text(document, pretty: true)
        #expect(try JSON.parse(text)["exit_code"] == 5)
        try expectSnapshot(text + "\n", named: "document-held")
    }

    @Test(
        arguments: [
            (Options.Output.auto, true, [:], OutputMode.human(live: true)), (.auto, false, [:], .plain),
            (.auto, true, ["CI": "true"], .plain), (.auto, true, ["TERM": "dumb"], .plain),
            (.human, false, [:], .human(live: false)), (.human, true, ["CI": "1"], .human(live: false)),
            (.jsonl, true, [:], .jsonl), (.json, false, [:], .json), (.plain, true, [:], .plain),
        ] as [(Options.Output, Bool, [String: String], OutputMode)])
    func `the mode follows the option and the terminal`(
        output: Options.Output, isTerminal: Bool, environment: [String: String], mode: OutputMode
    ) {
        var options = Options()
        options.output = output
        let surroundings = CapturedStreams(environment: environment, isTerminal: isTerminal).surroundings
        #expect(OutputMode(options, in: surroundings) == mode)
    }

    @Test(
        arguments: [
            (Options.Color.auto, true, [:], true), (.auto, false, [:], false), (.auto, true, ["NO_COLOR": "1"], false),
            (.auto, true, ["NO_COLOR": ""], true), (.auto, false, ["CLICOLOR_FORCE": "1"], true),
            (.auto, false, ["CLICOLOR_FORCE": "0"], false), (.auto, true, ["TERM": "dumb"], false),
            (.auto, true, ["CI": "true"], false), (.always, false, ["NO_COLOR": "1"], true), (.never, true, [:], false),
        ] as [(Options.Color, Bool, [String: String], Bool)])
    func `colour follows the option, the variables and the terminal`(
        color: Options.Color, isTerminal: Bool, environment: [String: String], isColored: Bool
    ) {
        let surroundings = CapturedStreams(environment: environment, isTerminal: isTerminal).surroundings
        #expect(surroundings.style(color, for: surroundings.output).isColored == isColored)
    }
}
