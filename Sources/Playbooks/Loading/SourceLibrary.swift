/// The files of one load: each is read and parsed once, whoever names it.
final class SourceLibrary {
    /// How many files a playbook and its inventory may consist of.
    static let maximumFiles = 2000

    let files: FileAccess
    private let problems: Problems
    /// Nil for a file that could not be read or parsed; that was reported once.
    private var roots: [String: YAMLNode?] = [:]
    private(set) var sources: [SourceFile] = []

    init(files: FileAccess, problems: Problems) {
        self.files = files
        self.problems = problems
    }

    /// The value in a file; nil after a problem was reported, and for an empty file when `allowEmpty`.
    func root(of path: String, namedAt span: SourceSpan?, allowEmpty: Bool = false) -> YAMLNode? {
        if let known = roots[path] { return known }
        let place = span ?? SourceSpan(file: path, line: 1, column: 1)
        guard roots.count < Self.maximumFiles else {
            problems.error("too-many-files", "more than \(Self.maximumFiles) files are read", at: place)
            return nil
        }
        roots[path] = .some(nil)
        let bytes: [UInt8]
        do {
            bytes = try files.read(path)
        } catch {
            problems.error("unreadable-file", "cannot read \(path): \(error)", at: place)
            return nil
        }
        sources.append(SourceFile(path: path, text: String(decoding: bytes, as: UTF8.self)))
        let (root, found) = YAMLParser.document(of: bytes, file: path)
        problems.add(found)
        if root == nil, found.isEmpty, !allowEmpty {
            problems.error("empty-file", "the file \(path) is empty", at: SourceSpan(file: path, line: 1, column: 1))
        }
        roots[path] = .some(root)
        return root
    }
}
