import FuzzTargets
import Glibc
import Testing

/// What the fuzzer found once, and its kept seeds, without the fuzzer.
@Suite struct CorpusTests {
    private static var folder: String {
        // Tests/FuzzTests/CorpusTests.swift
        String(#filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/"))
            + "/FuzzTargets/Corpus"
    }

    @Test(arguments: FuzzTarget.allCases)
    func `a target takes everything in its corpus`(target: FuzzTarget) throws {
        let folder = "\(Self.folder)/\(target.rawValue)"
        let names = Self.names(in: folder)
        #expect(!names.isEmpty, "\(folder) is empty")
        for name in names { target.run(Self.content(of: "\(folder)/\(name)")) }
    }

    @Test(arguments: FuzzTarget.allCases)
    func `a target takes no bytes, few bytes and many bytes of one value`(target: FuzzTarget) {
        for count in [0, 1, 2, 3, 100, 5000] {
            for byte: UInt8 in [0, 1, 0x20, 0x7F, 0xFF] { target.run([UInt8](repeating: byte, count: count)) }
        }
    }

    private static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    private static func content(of path: String) -> [UInt8] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return bytes
    }
}
