import KafkaWire
import Values

/// One call of a differential table: asked of both clusters, answered the same.
struct DifferentialRow: Sendable {
    enum Kind: Sendable {
        /// The answer carries an error, or is none at all.
        case refusal
        case success
        /// Only reads, so that it may be asked again until what came before has reached every thread of a real broker.
        case look
    }

    let name: String
    let kind: Kind
    let ask: @Sendable (DifferentialSide) async throws -> String
    /// The release lines that are asked this: from the first one on, before the second one.
    private var first = Version(major: 0, minor: 0)
    private var end: Version?

    /// The same for releases from this line on.
    func since(_ major: Int, _ minor: Int) -> DifferentialRow {
        var row = self
        row.first = Version(major: major, minor: minor)
        return row
    }

    /// The same for releases before this line.
    func before(_ major: Int, _ minor: Int) -> DifferentialRow {
        var row = self
        row.end = Version(major: major, minor: minor)
        return row
    }

    func isFor(_ version: Version) -> Bool { version.line >= first && end.map { version.line < $0 } ?? true }

    init(_ name: String, _ kind: Kind, _ ask: @escaping @Sendable (DifferentialSide) async throws -> String) {
        self.name = name
        self.kind = kind
        self.ask = ask
    }

    /// A request that needs nothing from before.
    init<Request: KafkaRequest>(
        _ name: String, _ kind: Kind, _ request: Request, at version: Int16 = .max,
        as login: DifferentialSide.Login = .administrator, without ignored: Set<String> = []
    ) {
        self.init(name, kind) { side in
            let version = side.highest(Request.self, atMost: version)
            return AnswerText(ignored: ignored).text(try await side.ask(request, version: version, as: login))
        }
    }

    /// A request that is made from what was learnt.
    static func making<Request: KafkaRequest>(
        _ name: String, _ kind: Kind, at version: Int16 = .max, as login: DifferentialSide.Login = .administrator,
        without ignored: Set<String> = [],
        learning learn: @escaping @Sendable (Request.Response, DifferentialSide) -> Void = { _, _ in },
        _ request: @escaping @Sendable (DifferentialSide) async throws -> Request
    ) -> DifferentialRow {
        DifferentialRow(name, kind) { side in
            let version = side.highest(Request.self, atMost: version)
            let answer = try await side.ask(try await request(side), version: version, as: login)
            learn(answer, side)
            return AnswerText(ignored: ignored).text(answer)
        }
    }
}
