import EventLoop
import Playbooks
package import Values

/// A plan that cannot be read back.
package struct PlanReadFailure: Error, Sendable, Hashable {
    package var message: String
}

extension Plan {
    /// Reads what `json()` wrote. Values of arguments and facts stay as JSON has them: a duration is its text. Throws for what
    /// this version of opsrun does not write.
    package init(json: Value) throws(PlanReadFailure) {
        let fields = try PlanFields(json, "plan")
        guard try fields.text("schema") == Self.schema else {
            throw PlanReadFailure(message: "its schema is not \(Self.schema)")
        }
        self.init(
            playbook: try fields.text("playbook"), name: try fields.text("name"),
            inventory: try fields.text("inventory"))
        sources = try fields.list("sources") { item throws(PlanReadFailure) in
            (path: try item.text("path"), sha256: try item.text("sha256"))
        }
        parameters = try fields.map("params")
        clusters = try fields.list("clusters") { item throws(PlanReadFailure) in
            ClusterIdentity(
                name: try item.text("name"), id: try item.text("id"), isProtected: try item.flag("protected"))
        }
        plays = try fields.list("plays") { item throws(PlanReadFailure) in try PlannedPlay(item) }
        approvals = try fields.list("approvals") { item throws(PlanReadFailure) in try PlannedApproval(item) }
        irreversible = try fields.list("irreversible") { item throws(PlanReadFailure) in try PlannedDanger(item) }
        facts = try fields.map("facts")
        notes = try fields.texts("notes")
        refusals = try fields.texts("refusals").map { StepFailure(.refused, $0) }
        hasEffects = try fields.flag("has_effects")
        nothingToDo = try fields.optionalText("nothing_to_do")
        tags = TagSelection(only: try fields.texts("tags"), skip: try fields.texts("skip_tags"))
        limit = try fields.optionalText("limit")
        digest = try fields.text("digest")
        guard digest == computedDigest() else {
            throw PlanReadFailure(message: "its digest is not that of its content")
        }
    }
}

extension PlannedPlay {
    fileprivate init(_ fields: PlanFields) throws(PlanReadFailure) {
        self.init(
            index: try fields.number("play"), name: try fields.text("name"),
            cluster: try fields.optionalText("cluster"), order: try fields.text("order"))
        excluded = try fields.list("excluded") { item throws(PlanReadFailure) in
            ExcludedHost(host: try item.text("host"), reason: try item.text("reason"))
        }
        skipped = try fields.optionalText("skipped")
        batches = try fields.list("batches") { item throws(PlanReadFailure) in
            PlannedBatch(
                hosts: try item.texts("hosts"),
                tasks: try item.list("tasks") { task throws(PlanReadFailure) in try PlannedTask(task) },
                safety: try item.optionalText("safety"), margin: try item.optionalNumber("margin"))
        }
    }
}

extension PlannedTask {
    fileprivate init(_ fields: PlanFields) throws(PlanReadFailure) {
        guard let effect = Effect(rawValue: try fields.text("effect")),
            let section = StepSection(rawValue: try fields.text("section"))
        else { throw fields.failure("effect or section") }
        self.init(
            path: try fields.text("path"), name: try fields.text("name"), action: try fields.text("action"),
            gate: try fields.optional("gate") { item throws(PlanReadFailure) in try PlannedGate(item) },
            effect: effect, section: section, depth: try fields.number("depth"),
            steps: try fields.list("steps") { item throws(PlanReadFailure) in try PlannedStep(item) },
            span: SourceSpan(text: try fields.text("at")))
    }
}

extension PlannedGate {
    fileprivate init(_ fields: PlanFields) throws(PlanReadFailure) {
        guard let interval = try fields.optionalDuration("interval") else { throw fields.failure("interval") }
        self.init(
            name: try fields.text("name"), action: try fields.text("action"), interval: interval,
            stableFor: try fields.optionalDuration("stable_for"), timeout: try fields.optionalDuration("timeout"),
            stalledFor: try fields.optionalDuration("stalled_for"))
    }
}

extension PlannedStep {
    fileprivate init(_ fields: PlanFields) throws(PlanReadFailure) {
        let decision: Decision =
            switch try fields.text("decision") {
            case "run": .run
            case "skip": .skip(reason: try fields.text("reason"))
            case "at_run": .atRun(reason: try fields.text("reason"))
            default: throw fields.failure("decision")
            }
        self.init(host: try fields.text("host"), decision: decision)
        delegate = try fields.optionalText("delegate")
        arguments = try fields.map("arguments").map { name, value in
            guard let map = value.mapValue, map.count == 1, let task = map["known_after"]?.stringValue else {
                return (name: name, value: .known(value))
            }
            return (name: name, value: .knownAfter(task))
        }
        changes = try fields.texts("changes", isRequired: false)
        notes = try fields.texts("notes", isRequired: false)
        items = try fields.texts("items", isRequired: false)
        commands = (fields.map["commands"]?.listValue ?? []).map { $0.listValue?.compactMap(\.stringValue) ?? [] }
        changesNothing = fields.map["changes_nothing"]?.boolValue ?? false
        sample = try fields.optional("sample") { item throws(PlanReadFailure) in
            Sample(
                passes: try item.flag("passes"), reasons: try item.texts("reasons"),
                progress: item.map["progress"] ?? .null)
        }
    }
}

extension PlannedApproval {
    fileprivate init(_ fields: PlanFields) throws(PlanReadFailure) {
        self.init(
            task: try fields.text("task"), prompt: try fields.text("prompt"), approvers: try fields.texts("approvers"),
            fourEyes: try fields.flag("four_eyes"), minimum: try fields.number("min"),
            timeout: try fields.optionalDuration("timeout"), mustType: try fields.optionalText("type_to_confirm"))
    }
}

extension PlannedDanger {
    fileprivate init(_ fields: PlanFields) throws(PlanReadFailure) {
        guard let kind = Kind(rawValue: try fields.text("kind")) else { throw fields.failure("kind") }
        self.init(
            kind: kind, task: try fields.text("task"), hosts: try fields.texts("hosts"),
            reason: try fields.optionalText("reason"))
    }
}

/// The members of one JSON object of a plan, taken by the type that they must have.
struct PlanFields {
    let map: ValueMap
    private let name: String

    init(_ value: Value, _ name: String) throws(PlanReadFailure) {
        guard let map = value.mapValue else { throw PlanReadFailure(message: "\(name) is no object") }
        self.map = map
        self.name = name
    }

    func failure(_ field: String) -> PlanReadFailure {
        PlanReadFailure(message: "\(field) of \(name) is not as opsrun writes it")
    }

    func text(_ field: String) throws(PlanReadFailure) -> String {
        guard let text = map[field]?.stringValue else { throw failure(field) }
        return text
    }

    func flag(_ field: String) throws(PlanReadFailure) -> Bool {
        guard let flag = map[field]?.boolValue else { throw failure(field) }
        return flag
    }

    func number(_ field: String) throws(PlanReadFailure) -> Int {
        guard let number = map[field]?.intValue else { throw failure(field) }
        return Int(clamping: number)
    }

    func map(_ field: String) throws(PlanReadFailure) -> ValueMap {
        guard let found = map[field]?.mapValue else { throw failure(field) }
        return found
    }

    func texts(_ field: String, isRequired: Bool = true) throws(PlanReadFailure) -> [String] {
        guard let value = map[field] else {
            if isRequired { throw failure(field) }
            return []
        }
        guard let list = value.listValue else { throw failure(field) }
        let texts = list.compactMap(\.stringValue)
        guard texts.count == list.count else { throw failure(field) }
        return texts
    }

    func list<Element>(
        _ field: String, _ read: (PlanFields) throws(PlanReadFailure) -> Element
    ) throws(PlanReadFailure) -> [Element] {
        guard let list = map[field]?.listValue else { throw failure(field) }
        var elements: [Element] = []
        for value in list { elements.append(try read(PlanFields(value, field))) }
        return elements
    }

    func optional<Element>(
        _ field: String, _ read: (PlanFields) throws(PlanReadFailure) -> Element
    ) throws(PlanReadFailure) -> Element? {
        guard let value = map[field], !value.isNull else { return nil }
        return try read(PlanFields(value, field))
    }

    func optionalText(_ field: String) throws(PlanReadFailure) -> String? {
        guard let value = map[field], !value.isNull else { return nil }
        guard let text = value.stringValue else { throw failure(field) }
        return text
    }

    func optionalNumber(_ field: String) throws(PlanReadFailure) -> Int? {
        guard let value = map[field], !value.isNull else { return nil }
        guard let number = value.intValue else { throw failure(field) }
        return Int(clamping: number)
    }

    func optionalDuration(_ field: String) throws(PlanReadFailure) -> Duration? {
        guard let text = try optionalText(field) else { return nil }
        guard let duration = Duration(text: text) else { throw failure(field) }
        return duration
    }
}
