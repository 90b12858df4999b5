// Stand-ins until the expression language lands: delete this file then.
package struct Expression: Sendable {
    package let source: String
    package let span: SourceSpan
}

package struct Template: Sendable {
    package let source: String
    package let span: SourceSpan
}
