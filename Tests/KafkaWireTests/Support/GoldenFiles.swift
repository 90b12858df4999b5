import Glibc
import Values

/// The golden vectors that the environment variable OPSRUN_GOLDEN points to: bytes written by Kafka's own classes.
enum GoldenFiles {
    static let directory: String? = environment("OPSRUN_GOLDEN")
    static var areThere: Bool { directory != nil }

    /// One vector of a message.
    struct Vector {
        let message: String
        let version: Int16
        let variant: String
        let json: Value
        let bytes: [UInt8]

        var name: String { "\(message) v\(version) \(variant)" }
    }

    static func environment(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// The vectors of a message in the order of its file; empty when there is no file.
    static func vectors(of message: String) throws -> [Vector] {
        try lines("\(CoordinatorGolden.path(of: message)).jsonl").compactMap { line in
            let value = try JSON.parse(line)
            guard let version = value["version"]?.intValue, let variant = value["variant"]?.stringValue,
                let json = value["json"], let bytes = value["hex"]?.stringValue.flatMap(Hex.bytes)
            else { return nil }
            return Vector(message: message, version: Int16(version), variant: variant, json: json, bytes: bytes)
        }
    }

    /// The lines of a file, without the empty ones.
    static func lines(_ name: String) -> [String] {
        guard let directory, let content = content("\(directory)/\(name)") else { return [] }
        return content.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Every file of vectors, by its path below the directory, with its number of lines.
    static func everyFile(below folder: String = "") -> [(path: String, lines: Int)] {
        guard let directory, let entries = opendir("\(directory)/\(folder)") else { return [] }
        defer { closedir(entries) }
        var files: [(path: String, lines: Int)] = []
        while let entry = readdir(entries) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !name.hasPrefix(".") else { continue }
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            if name.hasSuffix(".jsonl") {
                files.append((path, lines(path).count))
            } else if !name.contains(".") {
                files += everyFile(below: path)
            }
        }
        return files.sorted { $0.path < $1.path }
    }

    private static func content(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            guard count > 0 else { return content }
            content += chunk[..<count]
        }
    }
}
