/// The budgets of the expression language: what a playbook may ask of the machine that reads it.
package enum ExpressionLimits {
    /// Code points of one expression.
    package static let sourceLength = 20_000
    /// Code points of one template (the file of a `template` action).
    package static let templateLength = 1_000_000
    /// Syntax nodes of one expression or template.
    package static let nodes = 20_000
    /// How deep expressions and statements may nest.
    package static let depth = 64
    /// Levels of an expression's syntax tree: what evaluating it may nest.
    package static let height = 150
    /// Steps of one evaluation: nodes visited and list elements handled.
    package static let steps = 5_000_000
    /// Bytes of a text that an evaluation makes.
    package static let textLength = 16 << 20
    /// Elements of a list that an evaluation makes.
    package static let listLength = 1_000_000
    /// PCRE2's match limit: how often a match may step back.
    package static let regexMatchLimit: UInt32 = 1_000_000
    /// PCRE2's depth limit.
    package static let regexDepthLimit: UInt32 = 10_000
    /// PCRE2's heap limit, in KiB.
    package static let regexHeapKiB: UInt32 = 16_384
    /// Bytes of a pattern.
    package static let regexLength = 10_000
}
