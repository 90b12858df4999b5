import Values

extension Catalog {
    static let pathFilters: [Definition] = [
        Definition("basename", .string, gives: .string, "What follows the last slash") {
            .string(split(try $0.text()).tail)
        },
        Definition("dirname", .string, gives: .string, "What precedes the last slash") {
            .string(split(try $0.text()).head)
        },
        Definition("splitext", .string, gives: .list(.string), "The path without its extension, and the extension") {
            call in
            let text = try call.text()
            let name = split(text).tail
            let stem = name.drop { $0 == "." }
            guard let dot = stem.lastIndex(of: ".") else { return .list([.string(text), .string("")]) }
            let suffix = String(stem[dot...])
            return .list([.string(String(text.dropLast(suffix.count))), .string(suffix)])
        },
        Definition("normpath", .string, gives: .string, "The path without `.`, `..` and double slashes") { call in
            .string(normal(try call.text()))
        },
        Definition(
            "path_join", "The parts as one path; a part that starts with a slash begins anew",
            check: { call in
                if call.type == .string || ValueType.list(.string).accepts(call.type) || call.type == .json {
                    return .string
                }
                call.mismatch("a list of texts")
                return nil
            },
            run: { call in
                if case .string = call.value { return call.value }
                var path = ""
                for (place, item) in try call.list().enumerated() {
                    guard case .string(let part) = item else { throw call.mismatch("texts", item) }
                    if place == 0 || part.hasPrefix("/") {
                        path = part
                    } else {
                        path += (path.isEmpty || path.hasSuffix("/") ? "" : "/") + part
                    }
                }
                return .string(path)
            }),
    ]

    /// `posixpath.split` of Python.
    private static func split(_ path: String) -> (head: String, tail: String) {
        let scalars = Text.scalars(path)
        let cut = scalars.lastIndex(of: "/").map { $0 + 1 } ?? 0
        var head = scalars[..<cut]
        if head.contains(where: { $0 != "/" }) {
            while head.last == "/" { head.removeLast() }
        }
        return (Text.string(head), Text.string(scalars[cut...]))
    }

    private static func normal(_ path: String) -> String {
        guard !path.isEmpty else { return "." }
        let root = path.hasPrefix("//") && !path.hasPrefix("///") ? "//" : (path.hasPrefix("/") ? "/" : "")
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part != ".." || (root.isEmpty && (parts.isEmpty || parts.last == "..")) {
                parts.append(part)
            } else if !parts.isEmpty {
                parts.removeLast()
            }
        }
        let result = root + parts.joined(separator: "/")
        return result.isEmpty ? "." : result
    }
}
