/// The text of one file that a run was loaded from. Plans are bound to its digest, and the run keeps a copy.
package struct SourceFile: Sendable, Hashable {
    /// As the user knows it.
    package var path: String
    package var text: String
    /// Lowercase hex SHA-256 of the bytes.
    package var sha256: String

    package init(path: String, text: String, sha256: String) {
        self.path = path
        self.text = text
        self.sha256 = sha256
    }
}
