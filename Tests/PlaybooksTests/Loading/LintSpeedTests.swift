import Glibc
import Testing
import Values

@testable import Playbooks

/// How long the check of a playbook of 1 MB takes, next to libyaml's events alone. Run with `OPSRUN_BENCHMARK=1` in a release
/// build; it prints, and holds only a loose bound otherwise.
@Suite struct LintSpeedTests {
    /// A long but ordinary playbook: plays, blocks, gates, expressions.
    static let playbook: String = {
        var text = "opsrun: 1\nname: Long\nparams: {wait: {type: duration, default: 60s}}\nplays:\n"
        var number = 0
        while text.utf8.count < 1_000_000 {
            text += "  - name: Play \(number)\n    hosts: brokers\n    serial: 1\n    tasks:\n"
            for _ in 0..<20 {
                number += 1
                text += """
                          - name: Step \(number) of the procedure
                            command: [./tool, run, "{{ host.node_id }}", --step, "\(number)"]
                            effect: idempotent
                            when: host.broker_id != \(number)
                            register: result_\(number)
                            timeout: 5m
                          - name: Look at what step \(number) said
                            debug: "{{ host.name }}: {{ result_\(number).stdout | default('nothing') | trim }}"
                          - gate: isr_recovered
                          - name: Wait until the broker answers again
                            gate:
                              kafka.describe_node: {node: "{{ host.node_id }}"}
                              interval: 2s
                              timeout: 10m

                    """
            }
        }
        return text
    }()

    @Test func `A check of 1 MB is not far from reading it`() {
        let isBenchmark = getenv("OPSRUN_BENCHMARK") != nil
        let text = Self.playbook
        let bytes = Array(text.utf8)
        let clock = ContinuousClock()
        for _ in 0..<(isBenchmark ? 5 : 1) {
            var events = 0
            let scan = clock.measure { events = EventLoopOfLibYAML.count(bytes) }
            let parse = clock.measure { _ = YAMLParser.document(of: bytes, file: "p.yml") }
            var problems: [Diagnostic] = []
            let lint = clock.measure { problems = LoadCase.problems(text) }
            #expect(problems.isEmpty, "\(problems.prefix(3))")
            if isBenchmark {
                print("\(bytes.count) bytes, \(events) events: libyaml \(scan), nodes \(parse), lint \(lint)")
            }
            #expect(lint < .seconds(20))
        }
    }
}
