import OpsrunCLI
import Testing

@Suite struct ArgumentParserTests {
    private let parser = ArgumentParser(
        isPlaybook: { $0 == "rolling-upgrade" }, playbookNames: { ["rolling-upgrade", "pre-upgrade-checks"] })

    private func message(_ line: String) -> String {
        do {
            _ = try parser.parse(line.split(separator: " ").map(String.init))
            return "parsed"
        } catch {
            return error.message + (error.hint.map { "; \($0)" } ?? "")
        }
    }

    @Test func `a playbook's path is the default verb, and options may stand anywhere`() throws {
        let invocation = try parser.parse([
            "-i", "inv.yml", "play.yml", "-e", "a=1", "-e@more.yml", "-CD", "-l", "a:b", "-f5", "--output=jsonl", "-vv",
        ])
        #expect(invocation.command.verb == .run)
        let options = invocation.options
        #expect(options.operands == ["play.yml"])
        #expect(options.inventory == "inv.yml")
        #expect(options.parameters == ["a=1", "@more.yml"])
        #expect(options.check && options.diff)
        #expect(options.limit == "a:b")
        #expect(options.forks == 5)
        #expect(options.output == .jsonl)
        #expect(options.verbosity == 2)
    }

    @Test(arguments: [
        ("plan x.yml", CommandSpec.Verb.plan), ("-i plan x.yml", .run), ("--inventory a.yml lint b.yml", .lint),
        ("audit verify", .auditVerify), ("audit show --output json", .auditShow), ("rolling-upgrade", .run),
        ("-Ci lint plan.yml", .run), ("help audit verify", .help), ("completion zsh", .completion),
        ("-- ./plan", .run),
    ])
    func `the command is found among options and their values`(line: String, verb: CommandSpec.Verb) throws {
        let invocation = try parser.parse(line.split(separator: " ").map(String.init))
        #expect(invocation.command.verb == verb)
    }

    @Test(arguments: [
        ("plna x.yml", "'plna' is neither a command nor a playbook; did you mean 'plan'?"),
        ("rolling-upgrde", "'rolling-upgrde' is neither a command nor a playbook; did you mean 'rolling-upgrade'?"),
        ("plan x.yml --inventroy i", "opsrun plan knows no option --inventroy; did you mean '--inventory'?"),
        ("lint x.yml --yes", "opsrun lint knows no option --yes; that is an option of running a playbook"),
        ("x.yml --output jsn", "--output knows no 'jsn'; did you mean 'json'?"),
        ("plan x.yml --output jsonl", "--output knows no 'jsonl'; did you mean 'json'?"),
        ("x.yml -i", "-i wants a value: FILE"),
        ("x.yml --yes=1", "--yes takes no value"),
        ("x.yml -i a -i b", "-i is given twice"),
        ("x.yml -f 0", "--forks wants a number from 1 to 1000, not '0'"),
        ("simulate --speed nan", "--speed wants a number above 0 and up to 10000, not 'nan'"),
        ("audit", "opsrun audit wants one of: verify, show, checkpoint"),
        ("audit verfy", "opsrun audit knows no 'verfy'; did you mean 'verify'?"),
        ("completion bsh", "opsrun completion knows no 'bsh'; did you mean 'bash'?"),
        ("lint", "opsrun lint wants playbooks or inventories; usage: opsrun lint FILE… [options]"),
        ("x.yml y.yml", "opsrun takes one word, 'y.yml' is one too many; usage: opsrun PLAYBOOK [options]"),
        ("x.yml -Z", "opsrun knows no option -Z"),
    ])
    func `a wrong command line says what is wrong and what was meant`(line: String, expected: String) {
        #expect(message(line) == expected)
    }
}
