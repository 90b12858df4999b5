import Glibc

/// A folder of a test's own under the system's temporary directory, removed when the closure returns. Set
/// `OPSRUN_KEEP_SCRATCH=1` to keep it for a look.
package struct ScratchDirectory: Sendable {
    package let path: String

    package struct Failure: Error, CustomStringConvertible {
        package var description: String

        package init(description: String) { self.description = description }
    }

    package static func with<Success>(
        _ body: (ScratchDirectory) async throws -> Success
    ) async throws -> Success {
        let scratch = try ScratchDirectory()
        do {
            let result = try await body(scratch)
            scratch.remove()
            return result
        } catch {
            scratch.remove()
            throw error
        }
    }

    package init() throws {
        let parent = TestEnvironment["TMPDIR"] ?? "/tmp"
        let suffix = String(repeating: "X", count: 6)  // what mkdtemp replaces
        var template = Array("\(parent)/opsrun-test-\(suffix)".utf8CString)
        guard template.withUnsafeMutableBufferPointer({ $0.baseAddress.map { mkdtemp($0) } ?? nil }) != nil else {
            throw Failure(description: "mkdtemp in \(parent): errno \(errno)")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    package func remove() {
        guard TestEnvironment["OPSRUN_KEEP_SCRATCH"] == nil else { return }
        Self.removeTree(path)
    }

    /// Creates missing folders on the way.
    @discardableResult
    package func write(_ text: String, to name: String, mode: UInt32 = 0o644) throws -> String {
        let file = "\(path)/\(name)"
        try createFolder(file.split(separator: "/").dropLast().joined(separator: "/"))
        guard let handle = fopen(file, "w") else { throw Failure(description: "cannot write \(file): errno \(errno)") }
        let bytes = Array(text.utf8)
        let written = fwrite(bytes, 1, bytes.count, handle)
        guard fclose(handle) == 0, written == bytes.count, chmod(file, mode) == 0 else {
            throw Failure(description: "cannot write \(file): errno \(errno)")
        }
        return file
    }

    package func read(_ name: String) throws -> String {
        let file = name.hasPrefix("/") ? name : "\(path)/\(name)"
        guard let handle = fopen(file, "r") else { throw Failure(description: "cannot read \(file): errno \(errno)") }
        defer { fclose(handle) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&chunk, 1, chunk.count, handle), count > 0 { bytes += chunk.prefix(count) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func removeTree(_ path: String) {
        if unlink(path) == 0 { return }
        guard let handle = opendir(path) else { return }
        var names: [String] = []
        while let entry = readdir(handle) {
            names.append(
                withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                })
        }
        closedir(handle)
        for name in names where name != "." && name != ".." { removeTree("\(path)/\(name)") }
        rmdir(path)
    }

    private func createFolder(_ folder: String) throws {
        var built = ""
        for part in folder.split(separator: "/") {
            built += "/\(part)"
            guard mkdir(built, 0o755) == 0 || errno == EEXIST else {
                throw Failure(description: "cannot create \(built): errno \(errno)")
            }
        }
    }
}

/// The environment of the test run.
package enum TestEnvironment {
    package static subscript(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }
}
