import Testing

@testable import Playbooks

@Suite struct ExpressionCacheTests {
    @Test func `The same text in two places is reported in both`() {
        let tasks = LoadCase.tasks(
            "- debug: \"{{ nobody }}\"\n- debug: \"{{ nobody }}\"\n- debug: hi\n  when: nobody == 1")
        #expect(LoadCase.problems(tasks).map { "\($0.span)" } == ["p.yml:5:20", "p.yml:6:20", "p.yml:8:15"])
    }

    @Test func `What is kept for one text is never taken for another`() {
        let cache = ExpressionCache()
        let span = SourceSpan(file: "f.yml", line: 1, column: 1)
        // Twice as many as there are places, and each a second time.
        for number in 0..<ExpressionCache.places * 2 {
            for _ in 0..<2 {
                let condition = try? cache.condition("x == \(number)", at: span, mapping: .exact).get()
                #expect(condition?.source == "x == \(number)")
                let template = try? cache.template("{{ y\(number) }}", at: span, mapping: .exact).get()
                #expect(template?.names == ["y\(number)"])
            }
        }
    }

    @Test func `A load that keeps no tasks finds the same problems`() throws {
        let options = PlaybookLoader.Options(keepsTasks: false)
        let wrong = LoadCase.tasks(
            "- debug: \"{{ a.b }}\"\n- block: [{comand: x}]\n- command: x\n  register: r\n- debug: r.rc")
        #expect(LoadCase.problems(wrong, options: options) == LoadCase.problems(wrong))
        #expect(!LoadCase.problems(wrong).isEmpty)
        let right = try LoadCase.load(LoadCase.tasks("- debug: hi"), options: options).get()
        #expect(right.plays.map(\.tasks.count) == [0])
    }
}
