import Glibc
package import Testing

/// Text that is compared with a file of the test target: `__Snapshots__/NAME.txt`.
///
/// `RECORD_SNAPSHOTS=1` writes the file and fails the test, so that a recording run is never taken for a green one.
package func expectSnapshot(
    _ text: String, named name: String, file: StaticString = #filePath, location: SourceLocation = #_sourceLocation
) throws {
    // …/Tests/<target>/…: the folder of the target, whichever folder the test is in.
    let parts = "\(file)".split(separator: "/")
    let target = parts.lastIndex(of: "Tests").map { $0 + 2 } ?? parts.count - 1
    let folder = "/" + parts.prefix(target).joined(separator: "/") + "/__Snapshots__"
    let path = "\(folder)/\(name).txt"
    if TestEnvironment["RECORD_SNAPSHOTS"] != nil {
        mkdir(folder, 0o755)
        guard let handle = fopen(path, "w") else { throw ScratchDirectory.Failure(description: "cannot write \(path)") }
        let bytes = Array(text.utf8)
        let written = fwrite(bytes, 1, bytes.count, handle)
        let closed = fclose(handle)
        Issue.record("recorded \(path) (\(written) bytes, close \(closed))", sourceLocation: location)
        return
    }
    guard let handle = fopen(path, "r") else {
        Issue.record("no snapshot \(path): RECORD_SNAPSHOTS=1 makes it", sourceLocation: location)
        return
    }
    defer { fclose(handle) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&chunk, 1, chunk.count, handle), count > 0 { bytes += chunk.prefix(count) }
    let expected = String(decoding: bytes, as: UTF8.self)
    guard expected != text else { return }
    let (old, new) = (
        expected.split(separator: "\n", omittingEmptySubsequences: false),
        text.split(separator: "\n", omittingEmptySubsequences: false)
    )
    let place = zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(old.count, new.count)
    let wanted = place < old.count ? String(old[place]) : "<end>"
    let found = place < new.count ? String(new[place]) : "<end>"
    Issue.record(
        "\(name) differs from its snapshot at line \(place + 1):\n- \(wanted)\n+ \(found)\n\nwhole text:\n\(text)",
        sourceLocation: location)
}
