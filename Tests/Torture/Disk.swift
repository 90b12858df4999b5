import Glibc

/// Files, as the driver needs them.
enum Disk {
    static func bytes(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { content += chunk.prefix(count) }
        return content
    }

    static func text(_ path: String) -> String { String(decoding: bytes(path) ?? [], as: UTF8.self) }

    static func lines(_ path: String) -> [String] { text(path).split(separator: "\n").map(String.init) }

    static func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "w") else { throw TortureFailure("cannot write \(path): errno \(errno)") }
        defer { fclose(file) }
        fputs(text, file)
    }

    static func makeFolder(_ path: String) throws {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw TortureFailure("cannot make \(path): errno \(errno)")
        }
    }

    /// The names in a folder, sorted; none where there is no folder.
    static func list(_ path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Takes away a folder of a campaign.
    static func remove(_ path: String) {
        guard path.contains("/opsrun-torture-"),
            let victim = try? Victim(["rm", "-rf", path], environment: [:], in: "/tmp")
        else { return }
        _ = victim.wait()
    }
}
