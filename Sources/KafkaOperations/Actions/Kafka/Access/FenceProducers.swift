import EventLoop
import KafkaAdmin
import Playbooks
import RunEngine
import Values

/// Keeps producers from writing, by a rule that denies it to each of them.
///
/// 1. Who may write is told by the rules that allow it. 2. Each of them, but for those that are excepted, is denied WRITE on the
/// topics: a denial wins over whatever is allowed. 3. The denials are read back from every broker. Rules that are there already are
/// left alone, and are not in `denied`: what takes the fence away again takes away only what it made.
struct FenceProducers: CatalogedAction {
    static let reference = ActionReference(
        name: "kafka.fence_producers",
        summary: "Keep producers from writing, by access rules",
        details: """
            Every principal that a rule allows to write gets a rule that denies it. Needs an authorizer. Super users go on writing: \
            no rule holds them back. Where everyone may write (a rule for User:*), nobody can be excepted, since a denial wins. \
            kafka.unfence_producers takes `denied` away again.
            """,
        parameters: [
            .init("topics", .list(.string), default: ["*"], "Names, prefixes as orders-*, or * for all"),
            .init(
                "except", .list(.string), default: [],
                "Who goes on: principals as User:mirror, `mirror` for those whom a rule lets write MirrorMaker's own topics, "
                    + "`super_users`, who go on in any case"),
        ],
        result: .write(
            .init("denied", .list(AccessBinding.fields), "The rules that were made"),
            .init("writers", .list(.string), "Principals that are held back"),
            .init("note", .optional(.string), "Why others may write all the same; null when nobody may"), .items),
        effect: .checked, target: .cluster,
        example: """
            - kafka.fence_producers: {except: ["User:mirror"]}
              register: fence
              undo:
                - kafka.unfence_producers: {denied: "{{ fence.denied }}"}
            """)

    private let resources: [(name: String, pattern: AccessPattern)]
    /// Principals.
    private let except: Set<String>
    /// Those of MirrorMaker go on, too.
    private let exceptsMirror: Bool
    private let sent = Locked(AccessRuleWrite?.none)

    private static let everyone = "User:*"
    private static let unknownMirror =
        "no rule lets anybody write MirrorMaker's own topics, so that nobody can tell who the mirror is"

    init(_ arguments: Arguments, _ services: OperationServices) throws(StepFailure) {
        var except = Set(try arguments.texts("except") ?? [])
        exceptsMirror = except.remove("mirror") != nil
        except.remove("super_users")
        for principal in except where !principal.contains(":") {
            throw arguments.failure(
                "`except` names principals such as User:mirror, or is `mirror` or `super_users`, not \(principal)")
        }
        self.except = except
        var resources: [(name: String, pattern: AccessPattern)] = []
        for text in try arguments.texts("topics") ?? ["*"] {
            let isPrefix = text.count > 1 && text.hasSuffix("*")
            let name = isPrefix ? String(text.dropLast()) : text
            guard !name.isEmpty, name == "*" || !Glob(name).isPattern else {
                throw arguments.failure("`topics` are names, prefixes as orders-*, or *: \(text) is none of them")
            }
            resources.append((name, isPrefix ? .prefixed : .literal))
        }
        guard !resources.isEmpty else { throw arguments.failure("`topics` is empty: nobody would be held back") }
        self.resources = resources
    }

    /// Those whom a rule allows to write to some topic, and who are not excepted.
    private func writers(_ reader: any ClusterReader) async throws(StepFailure) -> [String] {
        let rules = try AccessBinding.require(try await AccessBinding.all(reader))
        let allowed = rules.filter {
            $0.resourceType == .topic && $0.permission == .allow && ($0.operation == .write || $0.operation == .all)
        }
        let mirrors = exceptsMirror ? try Self.mirrors(allowed) : []
        let writers = Set(allowed.map(\.principal)).subtracting(except).subtracting(mirrors).sorted()
        guard !writers.contains(Self.everyone) || except.isEmpty && mirrors.isEmpty else {
            throw StepFailure(
                .refused,
                "a rule allows \(Self.everyone) to write, and a denial for all would hold those of `except` too",
                nextAction: "give those who write rules of their own, or leave `except` out")
        }
        return writers
    }

    /// Those whom a rule that names MirrorMaker's own topics lets write them; a rule for all topics tells nobody apart.
    private static func mirrors(_ allowed: [AccessRule]) throws(StepFailure) -> Set<String> {
        let found = allowed.filter { MirroredTopics.isOwn($0.resourceName) && $0.principal != everyone }
        guard !found.isEmpty else {
            throw StepFailure(
                .refused, unknownMirror,
                nextAction: "name its principal in `except`, as User:mirror")
        }
        return Set(found.map(\.principal))
    }

    private func write(_ writers: [String]) -> AccessRuleWrite {
        let rules = writers.flatMap { writer in
            resources.map { resource in
                AccessRule(
                    .topic, resource.name, pattern: resource.pattern, principal: writer, operation: .write,
                    permission: .deny)
            }
        }
        return AccessRuleWrite(rules: rules, everyBroker: true, isCreation: true)
    }

    /// Who writes although no rule lets them.
    private func note(_ reader: any ClusterReader) async -> String? {
        let everyone = await DescribeACLs.allowsEveryone(reader)
        guard everyone.allowed != false else { return nil }
        return "principals without any rule may write as well, unless every topic has one: "
            + (everyone.note ?? "allow.everyone.if.no.acl.found is true")
    }

    func plan(in context: ReadContext) async throws -> ActionPlan {
        let reader = try context.requireCluster(for: Self.reference.name)
        return try await .orRefusal { () throws(StepFailure) in
            let writers: [String]
            do throws(StepFailure) { writers = try await self.writers(reader) } catch {
                // A step before this one may make the rule.
                guard error.message == Self.unknownMirror else { throw error }
                return ActionPlan(notes: ["as it is now: \(error.message)"])
            }
            var plan = try await write(writers).plan(reader)
            if let note = await note(reader) { plan.notes.append(note) }
            return plan
        }
    }

    func run(in context: StepContext) async throws -> ActionOutcome {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        let writer = try context.requireOperator(for: Self.reference.name)
        let writers = try await writers(reader)
        let write = write(writers)
        sent.withLock { $0 = write }
        var outcome = try await write.run(reader, writer, in: context)
        outcome.result["denied"] = outcome.result["bindings"] ?? []
        outcome.result["bindings"] = nil
        outcome.result["writers"] = .texts(writers)
        outcome.result["note"] = .optional(await note(reader))
        return outcome
    }

    func verify(in context: StepContext) async throws -> Verification {
        let reader = try context.reading.requireCluster(for: Self.reference.name)
        // What was sent, and whether Kafka accepted it, is known to the write that sent it.
        if let sent = sent.withLock({ $0 }) { return try await sent.verify(reader, in: context.reading) }
        return try await write(try await writers(reader)).verify(reader, in: context.reading)
    }
}
