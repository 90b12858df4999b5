import Values

final class Evaluator {
    private let text: SourceText
    private var scope: ValueScope
    init(scope: ValueScope, text: SourceText) {
        self.scope = scope
        self.text = text
    }
    func evaluate(_ node: Node) throws(EvaluationError) -> Value { .null }
    func evaluateIfDefined(_ node: Node) throws(EvaluationError) -> Value? { nil }
    func evaluate(_ template: Template) throws(EvaluationError) -> Value { .null }
}
