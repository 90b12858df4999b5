import Glibc
import Testing

/// Reads the package's own sources, found from this file's path.
enum SourceTree {
    /// A file or folder of the package that cannot be read.
    struct Unreadable: Error, CustomStringConvertible {
        var description: String
    }

    static let root: String = {
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    /// Names in a folder of the package, sorted, dot files left out.
    static func entries(of folder: String) throws -> [String] {
        guard let handle = opendir("\(root)/\(folder)") else { throw Unreadable(description: folder) }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// Paths relative to the package, sorted.
    static func swiftFiles(under folder: String) throws -> [String] {
        try entries(of: folder).flatMap { name -> [String] in
            let path = "\(folder)/\(name)"
            if name.hasSuffix(".swift") { return [path] }
            var status = stat()
            guard stat("\(root)/\(path)", &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return [] }
            return try swiftFiles(under: path)
        }
    }

    static func lines(of file: String) throws -> [String] {
        guard let handle = fopen("\(root)/\(file)", "r") else { throw Unreadable(description: file) }
        defer { fclose(handle) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&chunk, 1, chunk.count, handle), count > 0 { bytes += chunk.prefix(count) }
        var lines = String(decoding: bytes, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    static func isComment(_ line: String) -> Bool { line.drop { $0 == " " }.hasPrefix("//") }

    /// Modules named by `import` lines.
    static func imports(of file: String) throws -> Set<String> {
        var modules: Set<String> = []
        for line in try lines(of: file) {
            var words = line.split(separator: " ")
            while let first = words.first, first.hasPrefix("@") || first == "package" || first == "internal" {
                words.removeFirst()
            }
            guard words.first == "import", words.count > 1 else { continue }
            let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
            let name = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
            if let module = name.split(separator: ".").first { modules.insert(String(module)) }
        }
        return modules
    }
}
