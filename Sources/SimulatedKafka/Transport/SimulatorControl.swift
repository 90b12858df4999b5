package import EventLoop
package import Values

/// What other processes may ask of an embedded cluster that is served on ports: its estate, and its ledger.
///
/// A question is a line of words, an answer a line of JSON (`LocalSocket`):
///
/// - `stop NODE`, `start NODE`, `kill NODE`, `install NODE VERSION`, `activate NODE VERSION`: as a supervisor and a package
///   manager would. Each stands in the ledger as `asked`, with the process that asked.
/// - `status NODE`: `running`, `incarnation` (counts its starts), `version` (of the process), `installed_version` (starts next).
/// - `ledger` and `ledger FROM`: what has happened since the entry of that number, from 0.
///
/// `ok` says whether it was done; if not, `error` says why.
package struct SimulatorControl: Sendable {
    private let cluster: SimulatedCluster

    package init(_ cluster: SimulatedCluster) { self.cluster = cluster }

    /// Listens until the listener is closed.
    package func listen(at path: String) throws(SystemError) -> LocalListener {
        let control = self
        return try LocalListener(path: path) { question, process in
            Array(JSON.text(.map(control.answer(question, from: process))).utf8)
        }
    }

    package func answer(_ question: String, from process: Int) -> ValueMap {
        let words = question.split(separator: " ").map(String.init)
        guard let verb = words.first else { return Self.no("nothing was asked") }
        if verb == "ledger" { return ledger(from: words.count > 1 ? Int(words[1]) ?? 0 : 0) }
        guard words.count > 1, let node = Int32(words[1]) else { return Self.no("`\(verb)` of which node?") }
        if verb == "status" { return status(node) }
        do throws(ClusterModel.EstateError) {
            try cluster.perform(question, of: node, for: "process \(process)") {
                model throws(ClusterModel.EstateError) in
                switch (verb, words.count > 2 ? Version(words[2]) : nil) {
                case ("stop", _): try model.stop(node, controlled: true)
                case ("start", _): try model.start(node)
                case ("kill", _): model.kill(node)
                case ("install", let version?): try model.install(node, version)
                case ("activate", let version?): try model.activate(node, version)
                default: throw ClusterModel.EstateError(description: "nobody here knows `\(question)`")
                }
            }
        } catch {
            return Self.no(error.description)
        }
        return ["ok": true]
    }

    private func status(_ node: Int32) -> ValueMap {
        let model = cluster.snapshot
        return [
            "ok": true, "running": .bool(model.isRunning(node)), "incarnation": .int(Int64(model.incarnation(node))),
            "version": Self.text(model.runningVersion(node)?.text),
            "installed_version": Self.text(model.installedVersion(node)?.text),
        ]
    }

    private func ledger(from first: Int) -> ValueMap {
        let ledger = cluster.ledger
        let rest = ledger.entries.dropFirst(max(0, first - ledger.dropped))
        return [
            "ok": true, "now_ms": .int(cluster.now.milliseconds), "dropped": .int(Int64(ledger.dropped)),
            "entries": .list(
                rest.map { entry in
                    let words = entry.effect.words
                    return [
                        "at_ms": .int(entry.at.milliseconds), "node": .int(Int64(entry.node)),
                        "effect": .string(words.kind), "detail": .string(words.detail), "by": Self.text(entry.cause),
                    ]
                }),
        ]
    }

    private static func text(_ text: String?) -> Value { text.map(Value.string) ?? .null }

    private static func no(_ why: String) -> ValueMap { ["ok": false, "error": .string(why)] }
}
