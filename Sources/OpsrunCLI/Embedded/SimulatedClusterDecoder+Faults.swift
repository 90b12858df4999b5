internal import Playbooks
internal import SimulatedKafka
internal import Values

// What goes wrong on purpose: the list `faults` of an embedded cluster.

extension SimulatedClusterDecoder {
    static func fault(
        _ template: ValueTemplate, _ nodes: [SimulatedClusterConfiguration.Node], _ diagnostics: inout [Diagnostic]
    ) -> ScriptedFault? {
        let kinds = [
            "kill", "slow_recovery", "stop_answering", "refuse", "lie_once", "fail_start", "half_open", "drip",
            "advertise",
        ]
        let known = ["at"] + kinds + ["factor", "for", "lie", "version", "rate", "address"]
        guard let reader = ConfigurationReader(template, what: "a fault of simulated", known: known, &diagnostics)
        else {
            return nil
        }
        let named = reader.keys.filter { kinds.contains($0) }
        guard named.count == 1, let kind = named.first else {
            diagnostics.append(
                Diagnostic(
                    code: "missing-key", "a fault names one of: \(kinds.joined(separator: ", "))",
                    hint: "such as {at: 90s, kill: 4}", at: reader.span))
            return nil
        }
        let at = reader.duration("at", &diagnostics) ?? .zero
        guard let node = reader.node(kind, &diagnostics) else { return nil }
        guard nodes.contains(where: { $0.id == node }) else {
            diagnostics.append(
                Diagnostic(
                    code: "unknown-node", "the embedded cluster has no node \(node)", at: reader.span(of: kind)))
            return nil
        }
        switch kind {
        case "kill": return ScriptedFault(at: at, .kill(node))
        case "slow_recovery":
            let factor = reader.number("factor", above: 0, upTo: 1_000_000, &diagnostics) ?? 10
            return ScriptedFault(at: at, .slowRecovery(node, factor: factor))
        case "stop_answering":
            return ScriptedFault(at: at, .stopAnswering(node, for: reader.duration("for", &diagnostics)))
        case "refuse": return ScriptedFault(at: at, .refuse(node, for: reader.duration("for", &diagnostics)))
        case "lie_once":
            let lies = ["view", "correlation_id", "cluster_id"]
            let lie = reader.value("lie", "one of: \(lies.joined(separator: ", "))", &diagnostics) {
                $0.stringValue.flatMap(ScriptedFault.Lie.init(rawValue:))
            }
            return ScriptedFault(at: at, .lieOnce(node, lie ?? .healthyView))
        case "half_open": return ScriptedFault(at: at, .halfOpen(node, for: reader.duration("for", &diagnostics)))
        case "drip":
            let rate = reader.bytes("rate", perSecond: true, &diagnostics) ?? ByteCount(1)
            return ScriptedFault(at: at, .drip(node, bytesPerSecond: Double(max(1, rate.count))))
        case "advertise": return advertise(node, at, reader, &diagnostics)
        default:
            guard let version = reader.version("version", &diagnostics) else {
                diagnostics.append(
                    Diagnostic(
                        code: "missing-key", "fail_start needs the `version` that does not start", at: reader.span))
                return nil
            }
            return ScriptedFault(at: at, .failStart(node, version: version))
        }
    }

    /// `{advertise: 2, address: "other:9092"}`.
    private static func advertise(
        _ node: Int32, _ at: Duration, _ reader: ConfigurationReader, _ diagnostics: inout [Diagnostic]
    ) -> ScriptedFault? {
        let expected = "an address such as \"kafka-9:9092\""
        let address = reader.value("address", expected, &diagnostics) { value -> SimulatedEndpoint? in
            guard let text = value.stringValue, let colon = text.lastIndex(of: ":"), colon > text.startIndex,
                let port = Int(text[text.index(after: colon)...]), (1...65_535).contains(port)
            else { return nil }
            return SimulatedEndpoint(host: String(text[..<colon]), port: port)
        }
        guard let address else {
            if reader.template("address") == nil {
                diagnostics.append(
                    Diagnostic(
                        code: "missing-key", "advertise needs the `address` that the node is said to have",
                        at: reader.span))
            }
            return nil
        }
        return ScriptedFault(at: at, .advertise(node, address))
    }
}
