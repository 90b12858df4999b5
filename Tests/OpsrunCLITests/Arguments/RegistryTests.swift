import OpsrunCLI
import Testing

@Suite struct RegistryTests {
    @Test func `every command and every option is documented`() {
        for command in Registry.commands {
            #expect(!command.summary.isEmpty && !command.summary.hasSuffix("."), "\(command.usage)")
            #expect(!command.examples.isEmpty, "\(command.usage)")
            for option in command.allOptions {
                #expect(!option.summary.isEmpty && !option.summary.hasSuffix("."), "--\(option.name)")
                #expect(option.summary.first?.isUppercase == false, "--\(option.name)")
            }
            for operand in command.operands { #expect(!operand.summary.isEmpty, "\(command.usage)") }
        }
    }

    @Test func `every verb has exactly one command`() {
        for verb in CommandSpec.Verb.allCases {
            #expect(Registry.commands.filter { $0.verb == verb }.count == 1, "\(verb)")
        }
    }

    @Test func `a name means the same option everywhere`() {
        for command in Registry.commands {
            let options = command.allOptions
            #expect(Set(options.map(\.name)).count == options.count, "\(command.usage) has an option twice")
            let letters = options.compactMap(\.short)
            #expect(Set(letters).count == letters.count, "\(command.usage) has a letter twice")
            for option in options {
                guard let first = Registry.allOptions.first(where: { $0.name == option.name }) else { continue }
                #expect(first.short == option.short, "--\(option.name)")
                #expect((first.value == nil) == (option.value == nil), "--\(option.name)")
            }
        }
    }

    @Test func `every example of the help parses, and its command is the one that shows it`() throws {
        let parser = ArgumentParser(isPlaybook: { $0 == "rolling-upgrade" })
        for command in Registry.commands {
            for example in command.examples {
                let invocation = try parser.parse(example.line.split(separator: " ").map(String.init))
                #expect(invocation.command.verb == command.verb, "\(example.line)")
            }
        }
    }

    @Test func `every option lands somewhere`() throws {
        let samples = ["forks": "3", "speed": "3", "watch": "3s", "expires": "3h"]
        for option in Registry.allOptions {
            var options = Options()
            let sample = option.value?.choices.last ?? samples[option.name] ?? "sample"
            try option.apply(&options, option.value == nil ? "" : sample)
            #expect(options != Options(), "--\(option.name) changes nothing")
        }
    }
}
