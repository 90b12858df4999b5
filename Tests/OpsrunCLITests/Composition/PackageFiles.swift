import EventLoop

/// The package's own files, found from this file's path.
enum PackageFiles {
    static let root: String = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")

    /// Paths relative to the package, of files with an ending.
    static func list(_ folder: String, _ ending: String) throws -> [String] {
        try Files.list("\(root)/\(folder)").filter { $0.hasSuffix(ending) }.map { "\(folder)/\($0)" }
    }

    static func text(_ path: String) throws -> String {
        String(decoding: try Files.read("\(root)/\(path)", limit: 4 << 20), as: UTF8.self)
    }

    static func swiftFiles(under folder: String) throws -> [String] {
        try Files.list("\(root)/\(folder)").flatMap { name -> [String] in
            if name.hasSuffix(".swift") { return ["\(folder)/\(name)"] }
            return name.contains(".") ? [] : try swiftFiles(under: "\(folder)/\(name)")
        }
    }
}
