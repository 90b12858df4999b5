/// Paths as text: joining and folding them, without touching the file system.
package enum FilePath {
    /// The folder of a file's path; empty for a bare name.
    package static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// `path` seen from `folder`; an absolute path stays.
    package static func join(_ folder: String, _ path: String) -> String {
        guard !folder.isEmpty, !path.hasPrefix("/") else { return normalized(path) }
        return normalized(folder.hasSuffix("/") ? folder + path : folder + "/" + path)
    }

    /// Without `.` and with `..` folded where that is possible by text.
    package static func normalized(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." {
                parts.removeLast()
            } else if part != ".." || !path.hasPrefix("/") {
                parts.append(part)
            }
        }
        let text = parts.joined(separator: "/")
        if path.hasPrefix("/") { return "/" + text }
        return text.isEmpty ? "." : text
    }
}
