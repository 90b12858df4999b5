import Values

struct TypeChecker {
    let text: SourceText
    var diagnostics: [Diagnostic] = []
    init(text: SourceText) { self.text = text }
    struct Typed {
        var type: ValueType?
        var phase: Phase = .load
        var mayBeAbsent = false
        var constant: Value?
    }
    mutating func check(_ node: Node, in scope: TypeScope, expecting: ValueType?) -> Typed { Typed() }
    mutating func check(_ template: Template, in scope: TypeScope, expecting: ValueType?) -> Typed { Typed() }
}
enum Narrowing {
    static func facts(of node: Node, when truth: Bool) -> [TypeScope.Fact] { [] }
}
