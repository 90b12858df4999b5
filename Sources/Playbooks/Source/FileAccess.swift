import Glibc

/// How a load reaches files. Injected, so that tests and plans (which carry a snapshot of their sources) need no disk.
package struct FileAccess {
    /// The bytes of a file; throws anything that says why they cannot be had.
    package var read: (String) throws -> [UInt8]
    /// The names in a folder, nil when there is no such folder.
    package var list: (String) -> [String]?

    package init(read: @escaping (String) throws -> [UInt8], list: @escaping (String) -> [String]? = { _ in nil }) {
        self.read = read
        self.list = list
    }

    /// Files held in memory, by path.
    package init(files: [String: String]) {
        self.init(
            read: { path in
                guard let text = files[path] else { throw Failure(message: "no such file") }
                return Array(text.utf8)
            },
            list: { folder in
                let prefix = folder.isEmpty || folder == "." ? "" : folder + "/"
                let names = files.keys.compactMap { path -> String? in
                    guard path.hasPrefix(prefix) else { return nil }
                    let rest = path.dropFirst(prefix.count)
                    return rest.split(separator: "/").first.map(String.init)
                }
                return names.isEmpty ? nil : Array(Set(names)).sorted()
            })
    }

    package struct Failure: Error, CustomStringConvertible {
        package var message: String
        package var description: String { message }
    }

    /// The file system of this machine. Reads at most one byte more than a YAML file may have, so that a too large file is
    /// told apart without reading it.
    package static var system: FileAccess { FileAccess(read: readFile, list: listFolder) }

    private static func readFile(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Failure(message: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(message: "it is not a file")
        }
        let limit = YAMLParser.maximumBytes + 1
        var bytes = [UInt8](repeating: 0, count: min(limit, max(0, Int(status.st_size)) + 1))
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { glibcRead(descriptor, $0, from: count) }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw Failure(message: String(cString: strerror(errno))) }
            if got == 0 { break }
            count += got
            if count == bytes.count, count < limit { bytes += [UInt8](repeating: 0, count: min(limit - count, 65_536)) }
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    private static func glibcRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer, from count: Int) -> Int
    {
        guard let base = buffer.baseAddress else { return 0 }
        return Glibc.read(descriptor, base + count, buffer.count - count)
    }

    private static func listFolder(_ path: String) -> [String]? {
        guard let folder = opendir(path.isEmpty ? "." : path) else { return nil }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
