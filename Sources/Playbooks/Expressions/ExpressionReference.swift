/// The filters and tests of the language, for reference pages and completion.
package enum ExpressionReference {
    package struct Entry: Sendable, Hashable {
        package var name: String
        /// `name(a: string, b?: int)`.
        package var signature: String
        /// One line without a final dot.
        package var summary: String
    }

    /// Sorted by name.
    package static var filters: [Entry] { sorted(Catalog.filters.values.map(entry) + special) }

    /// Sorted by name; operators such as `==`, which tests go by too, first.
    package static var tests: [Entry] { sorted(Catalog.tests.values.map(entry)) }

    /// What is left out, with what to write instead.
    package static var refusedFilters: [(name: String, advice: String)] { advice(Catalog.refusedFilters) }

    package static var refusedTests: [(name: String, advice: String)] { advice(Catalog.refusedTests) }

    private static let special: [Entry] = [
        Entry(
            name: "default", signature: "default(default_value: any)",
            summary: "The value, or another where it is missing"),
        Entry(name: "d", signature: "d(default_value: any)", summary: "The value, or another where it is missing"),
        Entry(
            name: "map", signature: "map(filter: string, …) or map(attribute: string, default?: any)",
            summary: "The elements with a filter applied to each, or an attribute of each"),
        Entry(name: "select", signature: "select(test?: string, …)", summary: "The elements that pass a test"),
        Entry(name: "reject", signature: "reject(test?: string, …)", summary: "The elements that do not pass a test"),
        Entry(
            name: "selectattr", signature: "selectattr(attribute: string, test?: string, …)",
            summary: "The elements of which an attribute passes a test"),
        Entry(
            name: "rejectattr", signature: "rejectattr(attribute: string, test?: string, …)",
            summary: "The elements of which an attribute does not pass a test"),
    ]

    private static func entry(_ definition: Definition) -> Entry {
        Entry(name: definition.name, signature: definition.signature, summary: definition.summary)
    }

    private static func sorted(_ entries: [Entry]) -> [Entry] { entries.sorted { $0.name < $1.name } }

    private static func advice(_ table: [String: String]) -> [(name: String, advice: String)] {
        table.sorted { $0.key < $1.key }.map { (name: $0.key, advice: $0.value) }
    }
}
