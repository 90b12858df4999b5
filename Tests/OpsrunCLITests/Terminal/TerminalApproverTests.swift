import EventLoop
import OpsrunCLI
import RunEngine
import Testing

@Suite struct TerminalApproverTests {
    private func answer(
        _ answers: [String], typedBefore: [String] = [], isTerminal: Bool = true, arguments: [String] = [],
        approvers: [String] = [],
        mustType: String? = nil
    ) async throws -> (String, CapturedStreams) {
        let streams = CapturedStreams(isTerminal: isTerminal, answers: answers, typedBefore: typedBefore)
        let options = try ArgumentParser(isPlaybook: { _ in true }).parse(["x.yml"] + arguments).options
        let display = RunDisplay(
            mode: .quiet, options: options, surroundings: streams.surroundings, runTime: SystemTimeSource())
        let approver = TerminalApprover(streams.surroundings, options, display: display)
        let question = ApprovalQuestion(
            kind: .approve, prompt: "Restart 3 hosts?\u{1B}[2J", approvers: approvers, mustType: mustType,
            planDigest: "abcdef0123456789", timeout: nil)
        let text =
            switch await approver.answer(question) {
            case .granted(let by): "granted by \(by)"
            case .denied(_, let reason): "denied: \(reason)"
            case .unavailable: "unavailable"
            }
        return (text, streams)
    }

    @Test func `a yes is a yes, anything else is a no`() async throws {
        #expect(try await answer(["y"]).0 == "granted by anna")
        #expect(try await answer(["YES "]).0 == "granted by anna")
        #expect(try await answer([""]).0 == "denied: answered no")
        #expect(try await answer([]).0 == "denied: answered no")
        let (_, streams) = try await answer(["n"])
        #expect(streams.messages == "Restart 3 hosts?\\u{1b}[2J (plan abcdef012345) [y/N] ")
    }

    @Test func `what was typed before the question stood there is no answer`() async throws {
        #expect(try await answer(["n"], typedBefore: ["y"]).0 == "denied: answered no")
        #expect(
            try await answer([], typedBefore: ["prod-eu"], mustType: "prod-eu").0 == "denied: the name was not typed")
        #expect(try await answer(["y"], typedBefore: ["n"]).0 == "granted by anna")
    }

    @Test func `a name has to be typed in full, and --confirm spares the typing alone`() async throws {
        #expect(try await answer(["prod"], mustType: "prod-eu").0 == "denied: the name was not typed")
        #expect(try await answer(["prod-eu"], mustType: "prod-eu").0 == "granted by anna")
        let confirm = ["--confirm", "prod-eu"]
        #expect(try await answer(["y"], arguments: confirm, mustType: "prod-eu").0 == "granted by anna")
        #expect(try await answer(["n"], arguments: confirm, mustType: "prod-eu").0 == "denied: answered no")
        #expect(try await answer(["y"], arguments: confirm, mustType: "dr").0 == "denied: the name was not typed")
    }

    @Test func `where nobody sits, a name that was typed beforehand approves nothing`() async throws {
        let confirm = ["--confirm", "prod-eu"]
        #expect(try await answer([], isTerminal: false, arguments: confirm, mustType: "prod-eu").0 == "unavailable")
        #expect(try await answer([], isTerminal: false, arguments: confirm).0 == "unavailable")
    }

    @Test func `only who is named may answer, and nobody where nobody sits`() async throws {
        #expect(try await answer(["y"], approvers: ["ola", "anna"]).0 == "granted by anna")
        #expect(try await answer(["y"], approvers: ["ola"]).0 == "denied: anna is not one of the approvers: ola")
        #expect(try await answer(["y"], isTerminal: false).0 == "unavailable")
        #expect(try await answer(["y"], arguments: ["--no-input"]).0 == "unavailable")
    }
}

@Suite struct RunDisplayTests {
    private func display(_ mode: OutputMode, _ streams: CapturedStreams, _ story: RunStory, _ exit: ExitCode) {
        let display = RunDisplay(
            mode: mode, options: Options(), surroundings: streams.surroundings, runTime: SystemTimeSource())
        for event in story.events { display.show(event) }
        display.tick()
        display.finish(exit: exit, plan: nil, directory: "/runs/1")
    }

    @Test func `results go to standard output, what went wrong to standard error`() {
        for mode in [OutputMode.human(live: false), .plain] {
            let streams = CapturedStreams()
            display(mode, streams, RunStory.held(fails: true), .gateFailed)
            #expect(streams.output.contains("PLAY RECAP") && !streams.output.contains("run directory"))
            #expect(streams.messages.contains("exit 5") && streams.messages.contains("run directory: /runs/1"))
        }
    }

    @Test func `quiet says nothing of a run that goes well but its result`() {
        var story = RunStory()
        story.open()
        story.close(.succeeded, .done, "done", seconds: 3)
        let streams = CapturedStreams()
        display(.quiet, streams, story, .done)
        #expect(streams.output == "done in 3s (embedded cluster, time ×20)\n" && streams.messages.isEmpty)
    }

    /// What a terminal shows in the end, for the few sequences that are written.
    private func screen(_ output: String) -> [String] {
        var lines = [""]
        var rest = output[...]
        while let scalar = rest.unicodeScalars.first {
            if rest.hasPrefix("\u{1B}[") {
                let sequence = rest.dropFirst(2)
                let number = sequence.prefix { $0.isNumber }
                let word = sequence.dropFirst(number.count).first
                rest = sequence.dropFirst(number.count + 1)
                if word == "A" { lines.removeLast(min(lines.count - 1, Int(number) ?? 1)) }
                if word == "J" || word == "A" { lines[lines.count - 1] = "" }
            } else {
                rest = Substring(rest.unicodeScalars.dropFirst())
                if scalar == "\n" {
                    lines.append("")
                } else if scalar != "\r" {
                    lines[lines.count - 1].unicodeScalars.append(scalar)
                }
            }
        }
        return lines
    }

    @Test func `a question stands under all that happened before it, and the live region is gone`() {
        let streams = CapturedStreams(isTerminal: true)
        let display = RunDisplay(
            mode: .human(live: true), options: Options(), surroundings: streams.surroundings,
            runTime: SystemTimeSource())
        // The first event is drawn; those right behind it wait for the next turn of drawing.
        for event in RunStory.held(fails: false).events { display.show(event) }
        display.pause()
        let lines = screen(streams.output)
        #expect(!lines.contains { $0.contains("──") }, "\(lines)")
        #expect(lines.contains { $0.contains("PLAY [") }, "\(lines)")
        #expect(lines.last == "")
    }

    @Test func `a process that has to end names what ran`() {
        var story = RunStory()
        story.open()
        story.play("Brokers", ["kafka-1"], batches: 1)
        story.begin("Restart", "broker.restart", "kafka-1")
        let streams = CapturedStreams()
        let display = RunDisplay(
            mode: .plain, options: Options(), surroundings: streams.surroundings, runTime: SystemTimeSource())
        for event in story.events { display.show(event) }
        #expect(display.lastWords().hasPrefix("unknown: Restart [kafka-1] was running\nkilled before"))
    }

    @Test func `the live region is gone when the run is over`() {
        let streams = CapturedStreams(isTerminal: true)
        display(.human(live: true), streams, RunStory.held(fails: true), .gateFailed)
        let end = streams.output.split(separator: "\u{1B}[J").last ?? ""
        #expect(end.contains("PLAY RECAP") && !end.contains("──"))
    }
}
