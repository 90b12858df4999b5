import Values

/// A gate under its name, read once; it is checked in the scope of each place that uses it.
struct GateDeclaration {
    var name: String
    var span: SourceSpan
    /// Nil when its declaration is wrong, which was reported.
    var call: GateCall?
    var reference: KnownAction?
    var isShipped = false
    /// True when it names nothing of a play, a host or a task: it is then the same wherever it is used.
    var isIndependent = false
}

/// A gate that was found right, in one file and for one cluster.
struct CheckedGate: Hashable {
    var span: SourceSpan
    var cluster: String?
    var folder: String
}

extension PlaybookReader {
    static let gateKeys = ["until", "fail_when", "interval", "stable_for", "timeout", "stalled_for"]
    /// Under this, a killed broker that is still listed would pass: its session timeout is 9 s and its view lags.
    static let shortestStability = Duration.seconds(15)

    func readShippedGates(_ text: String) {
        guard !text.isEmpty else { return }
        let (root, found) = YAMLParser.document(of: Array(text.utf8), file: "shipped gates")
        problems.add(found)
        for entry in root?.entries ?? [] {
            var gate = gate(entry, folder: "", in: nil)
            gate.isShipped = true
            shippedGates[entry.key] = gate
        }
    }

    func readGates(_ node: YAMLNode, into file: inout File) {
        guard !node.isNull else { return }
        guard let entries = node.entries else {
            problems.error("type-mismatch", "gates is a map of gates by name", at: node.span)
            return
        }
        for entry in entries {
            file.gates[entry.key] = gate(entry, folder: file.folder, in: file.scope)
            file.gateOrder.append(entry.key)
        }
    }

    private func gate(_ entry: YAMLEntry, folder: String, in scope: TypeScope?) -> GateDeclaration {
        var result = GateDeclaration(name: entry.key, span: entry.keySpan)
        guard let (call, reference) = gateCall(entry.value, name: entry.key, folder: folder) else { return result }
        result.call = call
        result.reference = reference
        result.isIndependent = Self.isIndependent(call, in: scope)
        return result
    }

    /// A gate written out: one read, and how it is sampled. Nil after a problem was reported.
    func gateCall(_ node: YAMLNode, name: String?, folder: String) -> (GateCall, KnownAction)? {
        guard let entries = node.entries else {
            problems.error(
                "type-mismatch", "a gate is a map, not \(node.kindDescription)",
                hint: "{kafka.cluster_health: {}, interval: 5s, stable_for: 60s, timeout: 10m}", at: node.span)
            return nil
        }
        var action: (ActionCall, KnownAction)?
        var actionEntry: YAMLEntry?
        var until: [Expression] = []
        var failWhen: [Expression] = []
        var times: [String: ValueTemplate] = [:]
        var isWhole = true
        for entry in entries {
            switch entry.key {
            case "until": until = conditions(entry, &isWhole)
            case "fail_when": failWhen = conditions(entry, &isWhole)
            case "interval", "stable_for", "timeout", "stalled_for":
                if let template = builder.template(entry.value, as: .duration, what: "'\(entry.key)'") {
                    times[entry.key] = template
                } else {
                    isWhole = false
                }
            default:
                guard references[entry.key] != nil || (actionEntry == nil && entry.key.utf8.contains(UInt8(ascii: ".")))
                else {
                    isWhole = false
                    if RefusedKeyword.report(entry, in: problems) { continue }
                    let hint = NearestName.hint(entry.key, in: Self.gateKeys + gateActions)
                    problems.error(
                        "unknown-key", "a gate has no key '\(entry.key)'",
                        hint: hint ?? "one read, and " + Self.gateKeys.joined(separator: ", "), at: entry.keySpan)
                    continue
                }
                if let first = actionEntry {
                    isWhole = false
                    problems.error(
                        "two-actions", "a gate has one read; '\(first.key)' is there already", at: entry.keySpan)
                    continue
                }
                actionEntry = entry
                let isJudgedHere = entries.contains { $0.key == "until" }
                action = gateAction(entry, folder: folder, isJudgedHere: isJudgedHere)
                if action == nil { isWhole = false }
            }
        }
        guard actionEntry != nil else {
            if isWhole {
                problems.error(
                    "missing-action", "the gate has no read", hint: "for example kafka.cluster_health: {}",
                    at: node.span)
            }
            return nil
        }
        guard isWhole, let (call, reference) = action else { return nil }
        let gate = GateCall(
            name: name ?? reference.name, action: call, until: until, failWhen: failWhen, interval: times["interval"],
            stableFor: times["stable_for"], timeout: times["timeout"], stalledFor: times["stalled_for"], span: node.span
        )
        return (gate, reference)
    }

    private var gateActions: [String] { actionNames.filter { references[$0]?.isGate == true } }

    private func conditions(_ entry: YAMLEntry, _ isWhole: inout Bool) -> [Expression] {
        guard let conditions = builder.conditions(entry.value, what: "'\(entry.key)'") else {
            isWhole = false
            return []
        }
        return conditions
    }

    /// A read that answers `passes`, or, where `until` judges, any read.
    private func gateAction(_ entry: YAMLEntry, folder: String, isJudgedHere: Bool) -> (ActionCall, KnownAction)? {
        guard let reference = references[entry.key] else {
            problems.error(
                "unknown-action", "there is no action '\(entry.key)'",
                hint: NearestName.hint(entry.key, in: gateActions),
                at: entry.keySpan)
            return nil
        }
        guard reference.effect == .read, reference.isGate || isJudgedHere else {
            let hint =
                reference.effect == .read
                ? "reads that judge: " + gateActions.prefix(12).joined(separator: ", ") : "a gate only reads"
            problems.error("not-a-gate", "'\(entry.key)' cannot stand in a gate", hint: hint, at: entry.keySpan)
            return nil
        }
        return actionCall(entry, reference, extra: [], folder: folder).map { ($0, reference) }
    }

    private static func isIndependent(_ gate: GateCall, in scope: TypeScope?) -> Bool {
        let templates =
            gate.action.arguments.map(\.value)
            + [gate.interval, gate.stableFor, gate.timeout, gate.stalledFor].compactMap(\.self)
        // `host`, `batch`, results and variables differ from place to place; parameters and the inventory do not.
        let names = templates.flatMap(\.names) + (gate.until + gate.failWhen).flatMap(\.names)
        return names.allSatisfy { $0 == "result" || scope?.declares($0) == true }
    }

    // MARK: At a place of use

    /// The gate that a task names or writes out, checked where it stands.
    func gate(
        for entry: YAMLEntry, interval: ValueTemplate?, timeout: ValueTemplate?, _ context: inout TaskContext,
        _ file: inout File
    ) -> (GateCall, KnownAction)? {
        var gate: GateCall
        let reference: KnownAction
        var isSame = false
        if let name = entry.value.text, !entry.value.isNull {
            guard let declared = file.gates[name] else {
                problems.error(
                    "unknown-gate", "there is no gate '\(name)'",
                    hint: NearestName.hint(name, in: file.gates.keys.sorted())
                        ?? "declare it under gates, or write it here as a map", at: entry.value.span)
                return nil
            }
            usedGates.insert(declared.span)
            guard let call = declared.call, let found = declared.reference else { return nil }
            gate = call
            gate.span = entry.value.span
            reference = found
            if declared.isShipped {
                if let interval { gate.interval = interval }
                if let timeout { gate.timeout = timeout }
                return checkShipped(gate, reference, overridden: interval != nil || timeout != nil, &context, file)
                    ? (gate, reference) : nil
            }
            isSame = declared.isIndependent && context.broken.isEmpty && context.role != .undo
        } else {
            guard let (call, found) = gateCall(entry.value, name: nil, folder: file.folder) else { return nil }
            gate = call
            reference = found
        }
        if let interval { gate.interval = interval }
        if let timeout { gate.timeout = timeout }
        if isSame, interval == nil, timeout == nil {
            let key = CheckedGate(span: gate.action.span, cluster: context.play.cluster, folder: file.path)
            guard !checkedGates.contains(key) else { return (gate, reference) }
            guard check(gate, reference, &context, file) else { return nil }
            checkedGates.insert(key)
            return (gate, reference)
        }
        guard check(gate, reference, &context, file) else { return nil }
        return (gate, reference)
    }

    /// A gate that comes with opsrun is right by itself; what does not fit is where it is used.
    private func checkShipped(
        _ gate: GateCall, _ reference: KnownAction, overridden: Bool, _ context: inout TaskContext, _ file: File
    ) -> Bool {
        let before = problems.diagnostics.count
        defer { problems.move(from: before, to: gate.span, saying: "in the shipped gate \(gate.name)") }
        return check(gate, reference, &context, file, withTimes: overridden)
    }

    /// Checks a gate in the scope of its use; messages about a declared gate say where it is used.
    func check(
        _ gate: GateCall, _ reference: KnownAction, _ context: inout TaskContext, _ file: File, withTimes: Bool = true
    ) -> Bool {
        let before = problems.diagnostics.count
        checkCall(gate.action, reference, &context, file)
        let times = [
            ("interval", gate.interval), ("stable_for", gate.stableFor), ("timeout", gate.timeout),
            ("stalled_for", gate.stalledFor),
        ]
        for (name, template) in times {
            guard let template else { continue }
            let checked = checker.check(template, as: .duration, in: context.scope, broken: context.broken)
            if let checked, checked.phase > .load {
                problems.error(
                    "late-value", "'\(name)' must be known when the files are loaded",
                    hint: "use parameters and inventory variables", at: template.span)
            }
        }
        context.scope.push()
        context.scope.define("result", .record(reference.result), phase: .run)
        checker.check(gate.until, in: context.scope, broken: context.broken)
        checker.check(gate.failWhen, in: context.scope, broken: context.broken)
        context.scope.pop()
        if withTimes { checkTimes(gate, file) }
        return !problems.diagnostics[before...].contains { $0.severity == .error }
    }

    /// Sampling that cannot work, as far as the times are known.
    private func checkTimes(_ gate: GateCall, _ file: File) {
        func known(_ template: ValueTemplate?) -> Duration? {
            loadValue(template, as: .duration, in: file)?.durationValue
        }
        for template in [gate.interval, gate.timeout, gate.stalledFor] {
            if let template, let time = known(template), time <= .zero {
                problems.error("bad-time", "a gate's time must be above zero", at: template.span)
            }
        }
        guard let template = gate.stableFor, let stable = known(template) else { return }
        if stable > .zero, stable < Self.shortestStability, reference(of: gate)?.target == .cluster,
            !(gate.name == "quorum_healthy" || gate.action.name.value == "kafka.describe_quorum")
        {
            problems.warning(
                "short-stability", "stable_for is \(stable.text)",
                hint: "a killed broker stays listed for its session timeout; 15s or more", at: template.span)
        }
        if let timeout = gate.timeout, let limit = known(timeout), limit <= stable {
            problems.error(
                "bad-time", "the timeout \(limit.text) is not above stable_for \(stable.text): the gate can never pass",
                at: timeout.span)
        }
        if let interval = gate.interval, let step = known(interval), step > stable, stable > .zero {
            problems.warning(
                "bad-time", "the interval \(step.text) is longer than stable_for \(stable.text)", at: interval.span)
        }
    }

    private func reference(of gate: GateCall) -> KnownAction? { references[gate.action.name.value] }

    /// A gate that nothing uses is checked as a play over all hosts would see it.
    func checkUnusedGates(_ file: File) {
        for name in file.gateOrder {
            guard let gate = file.gates[name], !usedGates.contains(gate.span), let call = gate.call,
                let reference = gate.reference
            else { continue }
            var scope = file.scope
            scope.push()
            definePlayNames(inventory.hosts, &scope)
            var context = TaskContext(scope: scope, broken: file.broken, play: PlayFacts(cluster: file.cluster?.value))
            _ = check(call, reference, &context, file)
        }
    }
}
