import OpsrunCLI
import Playbooks
import Testing

/// `examples/ci`: what is shown must be understood by the program.
@Suite struct PipelineExamplesTests {
    static let files = ["examples/ci/github-workflow.yml", "examples/ci/gitlab-pipeline.yml"]

    /// Every text in the file.
    private func texts(_ node: YAMLNode) -> [String] {
        switch node.content {
        case .scalar(let text): [text]
        case .sequence(let items): items.flatMap(texts)
        case .mapping(let entries): entries.flatMap { texts($0.value) }
        }
    }

    /// The words of the commands that call opsrun, as a shell would split them.
    private func commands(in text: String) -> [[String]] {
        text.replacing("\\\n", with: " ").split(separator: "\n").compactMap { line in
            var words: [String] = []
            for word in line.split(separator: " ") {
                if [">", "|", "||", "&&", ";"].contains(word) { break }
                words.append(word.filter { $0 != "\"" }.replacing("$PLAYBOOK", with: "rolling-upgrade"))
            }
            return words.first == "opsrun" ? Array(words.dropFirst()) : nil
        }
    }

    @Test(arguments: files)
    func `an example is YAML, and every command in it parses`(_ file: String) throws {
        let text = try PackageFiles.text(file)
        let (root, problems) = YAMLParser.document(of: Array(text.utf8), file: file)
        #expect(problems.isEmpty, "\(problems)")
        let commands = texts(try #require(root)).flatMap(commands)
        let parser = ArgumentParser(isPlaybook: { $0 == "rolling-upgrade" })
        var verbs: Set<CommandSpec.Verb> = []
        for command in commands {
            let parsed = try parser.parse(command)
            verbs.insert(parsed.command.verb)
        }
        #expect(verbs.isSuperset(of: [.lint, .plan, .show, .apply, .resume, .report]), "\(verbs)")
        #expect(
            commands.count
                == text.split(separator: "\n").count { line in
                    !line.contains("#")
                        && (line.contains("run: opsrun ") || line.drop { " -".contains($0) }.hasPrefix("opsrun "))
                })
    }
}
