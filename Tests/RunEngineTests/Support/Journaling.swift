@testable import RunEngine

enum Journaling {
    /// A well-formed line, as a forger with the code would write it.
    static func line(_ sequence: Int, after head: String) -> [UInt8] {
        ChainedLine.seal(
            sequence: sequence, previous: head,
            members: Array("\"time\":\"2026-11-21T00:00:00.000Z\",\"type\":\"forged\"".utf8)
        ).bytes
    }
}
