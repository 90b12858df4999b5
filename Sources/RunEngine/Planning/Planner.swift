import EventLoop
import KafkaAdmin
import Playbooks
import Values

/// Makes a plan by reading only: its contexts have nothing that could write.
///
/// 1. Parameters, their defaults filled in.
/// 2. The clusters that plays talk to; an unreachable one ends here, before the first write.
/// 3. Facts of the hosts, where the playbook uses them.
/// 4. Play by play: hosts, order, batches, and each task on each host (`BatchPlanner`).
/// 5. What forbids the run, and whether there is anything to do.
struct Planner {
    private let inputs: RunInputs
    private let approver: any Approver
    private let index: ActionIndex
    private let clusters: ClusterChoice

    init(_ inputs: RunInputs, approver: any Approver) {
        self.inputs = inputs
        self.approver = approver
        index = ActionIndex(inputs.catalog)
        clusters = ClusterChoice(inputs.playbook)
    }

    private var playbook: Playbook { inputs.playbook }

    func prepare() async throws -> PreparedRun {
        let needs = PlaybookNeeds(playbook, inputs, index, clusters)
        let secrets = try await resolveSecrets(of: needs.hosts)
        var scope = RunScope(inventory: inputs.inventory, time: inputs.time, file: playbook.path, secrets: secrets)
        let mask = scope.mask
        do {
            return try await prepare(needs, secrets, &scope)
        } catch let error as RunFailure {
            throw RunFailure(error.exitCode, mask.apply(error.failure))
        } catch let failure as StepFailure {
            throw mask.apply(failure)
        }
    }

    /// A run that goes on plans nothing: its plan is the one that it began with, and facts are as they were then.
    func reopen(_ stopped: StoppedRun) async throws -> PreparedRun {
        let (plan, history) = (stopped.plan, stopped.history)
        let needs = PlaybookNeeds(playbook, inputs, index, clusters)
        let secrets = try await resolveSecrets(of: needs.hosts)
        var scope = RunScope(inventory: inputs.inventory, time: inputs.time, file: playbook.path, secrets: secrets)
        let mask = scope.mask
        do {
            scope.run = [
                "user": .string(history.opened.user),
                "started": .timestamp(history.opened.started ?? history.openedAt),
            ]
            scope.overrides = secrets.apply(inputs.parameters, file: playbook.path)
            try fillParameters(&scope)
            for (_, value) in scope.parameters { mask.add(value) }
            let access = try await connect(needs)
            for (name, cluster) in access { scope.setID(cluster.clusterID, ofCluster: name) }
            var facts: [String: HostFacts] = [:]
            for host in inputs.inventory.hosts where needs.facts && host.nodeID != nil {
                var values = ValueMap()
                for name in ["installed_version", "running_version", "release"] {
                    values[name] = plan.facts["\(host.name).\(name)"]
                }
                guard !values.isEmpty else { continue }
                let known = HostFacts(values: values)
                facts[host.name] = known
                scope.setFacts(known, of: host)
            }
            return PreparedRun(
                plan: plan, inputs: inputs, index: index, clusters: clusters, access: access, scope: scope,
                facts: facts, mask: mask, needsFacts: needs.facts,
                window: try window)
        } catch let error as RunFailure {
            throw RunFailure(error.exitCode, mask.apply(error.failure))
        } catch let failure as StepFailure {
            throw mask.apply(failure)
        }
    }

    private func prepare(
        _ needs: PlaybookNeeds, _ secrets: ResolvedSecrets, _ scope: inout RunScope
    ) async throws -> PreparedRun {
        scope.run = [
            "user": .string(inputs.caller.user), "started": .timestamp(now),
        ]
        scope.overrides = secrets.apply(inputs.parameters, file: playbook.path)
        try fillParameters(&scope)
        let access = try await connect(needs)
        let facts = try await readFacts(needs)
        for (name, cluster) in access { scope.setID(cluster.clusterID, ofCluster: name) }
        for host in inputs.inventory.hosts { if let known = facts[host.name] { scope.setFacts(known, of: host) } }

        var plan = Plan(playbook: playbook.path, name: playbook.name, inventory: inputs.inventory.path)
        plan.sources = (playbook.sources + inputs.inventory.sources).map { ($0.path, $0.sha256) }
        plan.parameters = scope.parameters
        plan.tags = inputs.options.tags
        plan.limit = inputs.options.limit
        for name in needs.clusters {
            plan.clusters.append(
                ClusterIdentity(
                    name: name,
                    id: access[name]?.clusterID ?? inputs.inventory.cluster(name)?.clusterID ?? "",
                    isProtected: inputs.inventory.cluster(name)?.isProtected ?? false))
        }
        for name in needs.clusters { plan.notes += access[name]?.notes ?? [] }
        for (host, known) in facts.sorted(by: { $0.key.precedes($1.key) }) {
            for (name, value) in known.values { plan.facts["\(host).\(name)"] = value }
            plan.notes += known.notes.map { "\(host): \($0)" }
        }
        if inputs.options.bindsClusters {
            for name in needs.clusters {
                guard let reader = access[name]?.reader else { continue }
                for (fact, value) in try await ClusterBinding.facts(of: name, reader) { plan.facts[fact] = value }
            }
        }
        var findings = PlanFindings(decidingNames: needs.decidingNames, isReadOnly: !needs.hasEffects)
        for (number, play) in playbook.plays.enumerated() {
            let planner = PlayPlanner(
                inputs: inputs, index: index, clusters: clusters, access: access, play: play, number: number,
                parameters: plan.parameters)
            plan.plays.append(try await planner.plan(&scope, &findings))
        }
        if let failure = findings.mistake { throw RunFailure(.invalid, failure) }
        plan.approvals = findings.approvals
        if mayApprovePlan, !findings.unapprovedProtected.isEmpty {
            let names = findings.unapprovedProtected.joined(separator: ", ")
            plan.approvals.insert(
                PlannedApproval(
                    task: "", prompt: "change \(names), which is protected",
                    approvers: inputs.inventory.approverGroups.keys.sorted().map { "group:\($0)" }, fourEyes: true,
                    minimum: 1, timeout: nil, mustType: nil), at: 0)
        }
        plan.irreversible = findings.dangers
        plan.notes += findings.notes
        plan.hasEffects = needs.hasEffects
        if plan.hasEffects { plan.notes += playbook.windows.map { "changes only in its window: \($0.summary)" } }
        if let note = inputs.options.lockNote, plan.hasEffects, playbook.lock.scope == .cluster, !plan.clusters.isEmpty
        {
            plan.notes.append(note)
        }
        plan.refusals = findings.refusals + judge(findings)
        plan.nothingToDo = needs.hasEffectsOfItsOwn ? nothingToDo(plan, findings) : nil
        if plan.nothingToDo != nil { plan.refusals = [] }
        let mask = scope.mask
        for (_, value) in scope.parameters { mask.add(value) }
        plan.cover(mask)
        plan.digest = plan.computedDigest()
        scope.parameters = plan.parameters
        return PreparedRun(
            plan: plan, inputs: inputs, index: index, clusters: clusters, access: access, scope: scope, facts: facts,
            mask: mask, needsFacts: needs.facts,
            window: try window)
    }

    /// Broken glass leaves no window closed.
    private var window: WindowWatch {
        get throws {
            WindowWatch(
                try ChangeWindows(inputs.options.breakGlass == nil ? playbook.windows : []), time: inputs.time)
        }
    }

    private var now: Timestamp { Timestamp(milliseconds: inputs.time.sinceEpoch.milliseconds) }

    // MARK: Parameters

    private func fillParameters(_ scope: inout RunScope) throws {
        for parameter in playbook.parameters {
            let name = parameter.name.value
            let type: ValueType = parameter.isOptional ? .optional(parameter.type) : parameter.type
            scope.parameterTypes[name] = type
            if let given = inputs.parameters[name] ?? playbook.parameterValues[name] {
                scope.parameters[name] = scope.secrets.apply(given, file: playbook.path)
                continue
            }
            var value = Value.null
            if let template = parameter.defaultValue {
                do throws(EvaluationError) {
                    let names = scope.base(cluster: clusters.name())
                    value = try template.evaluateIfDefined(in: names, as: .optional(parameter.type)) ?? .null
                } catch {
                    throw RunFailure(.invalid, StepFailure(error))
                }
            }
            guard !value.isNull || parameter.isOptional else {
                throw RunFailure(.invalid, missing(parameter))
            }
            scope.parameters[name] = value
        }
    }

    private func missing(_ parameter: Parameter) -> StepFailure {
        let name = parameter.name.value
        var advice = "give it with -e \(name)=…"
        if let source = parameter.defaultValue, case .template(let template) = source,
            template.names.contains("cluster"), let cluster = clusters.name()
        {
            advice += ", or set what its default uses (\(template.source)) for \(cluster) in the inventory"
        }
        return StepFailure(.failed, "\(parameter.name.span): parameter \(name) has no value", nextAction: advice)
    }

    // MARK: Secrets

    /// Every secret that the playbook, the parameters or the hosts of the plays name: one that cannot be had is known before
    /// anything runs.
    private func resolveSecrets(of hosts: [Host]) async throws -> ResolvedSecrets {
        var sources: [SecretSource] = []
        let values = [playbook.parameterValues, inputs.parameters] + playbook.plays.map(\.parameterValues)
        for map in values { sources += ResolvedSecrets.sources(in: .map(map), file: playbook.path) }
        for host in hosts {
            sources += ResolvedSecrets.sources(in: .map(host.variables), file: inputs.inventory.path)
        }
        // A default that something else was given for is not asked for.
        let given = Set(sources)
        let defaults = Set(
            playbook.parameters.compactMap { $0.defaultValue?.literalValue }
                .flatMap { ResolvedSecrets.sources(in: $0, file: playbook.path) })
        sources += playbook.secrets.filter { given.contains($0) || !defaults.contains($0) }
        var secrets = ResolvedSecrets()
        for source in sources where secrets[source] == nil {
            do {
                secrets[source] = try await inputs.resolveSecret(source)
            } catch {
                throw RunFailure(.invalid, StepFailure(converting: error))
            }
        }
        return secrets
    }

    // MARK: The world

    private func connect(_ needs: PlaybookNeeds) async throws -> [String: ClusterAccess] {
        var access: [String: ClusterAccess] = [:]
        for name in needs.clusters {
            do {
                access[name] = try await inputs.estate.cluster(named: name)
            } catch let failure as RunFailure {
                throw failure
            } catch {
                let failure = StepFailure(converting: error)
                // A cluster that is only named, not asked, may be down: the playbook may be what starts it.
                guard needs.asked.contains(name) || failure.code != .unreachable else { continue }
                throw RunFailure(failure.planCode, failure)
            }
        }
        return access
    }

    private func readFacts(_ needs: PlaybookNeeds) async throws -> [String: HostFacts] {
        guard needs.facts else { return [:] }
        var facts: [String: HostFacts] = [:]
        var rest = needs.hosts.filter { $0.nodeID != nil }[...]
        let estate = inputs.estate
        while !rest.isEmpty {
            let some = rest.prefix(max(1, inputs.options.forks))
            rest = rest.dropFirst(some.count)
            do {
                try await withThrowingTaskGroup(of: (String, HostFacts).self) { group in
                    for host in some { group.addTask { (host.name, try await estate.facts(of: host)) } }
                    for try await (name, known) in group { facts[name] = known }
                }
            } catch {
                let failure = StepFailure(converting: error)
                throw RunFailure(failure.planCode, failure)
            }
        }
        return facts
    }

    // MARK: Verdicts

    /// What forbids the run as a whole.
    private func judge(_ findings: PlanFindings) -> [StepFailure] {
        var refusals: [StepFailure] = []
        guard inputs.options.breakGlass == nil else { return [] }
        for name in findings.unapprovedProtected where !mayApprovePlan {
            refusals.append(
                StepFailure(
                    .refused, "\(name) is protected, and no approve comes before the first write",
                    nextAction: inputs.inventory.allowedSigners == nil
                        ? "add an approve task to the playbook"
                        : "add an approve task to the playbook, or keep the plan with -o and have it approved"))
        }
        for approval in findings.unanswerable {
            refusals.append(
                StepFailure(
                    .refused, "\(approval.task): \(approval.reason)",
                    nextAction: "name who may, or leave `approvers` out where anyone may"))
        }
        if mayApprovePlan, !findings.unapprovedProtected.isEmpty, inputs.inventory.namesApprovers,
            inputs.inventory.approverGroups.values.allSatisfy(\.isEmpty)
        {
            refusals.append(
                StepFailure(
                    .refused, "nobody may approve the plan: the inventory's approvers name no user",
                    nextAction: "name them under approvers in the inventory"))
        }
        for approval in findings.approvals where !findings.unanswerable.contains(where: { $0.task == approval.task }) {
            if let reason = impossible(approval) {
                refusals.append(StepFailure(.refused, "\(approval.task): \(reason)"))
            }
        }
        for danger in findings.unconfirmed where !approver.canAnswer {
            if danger.kind == .irreversible, inputs.options.assumesYes { continue }
            let what = danger.kind == .forced ? "overrides its permit" : "cannot be taken back"
            refusals.append(
                StepFailure(
                    .refused, "\(danger.task) \(what), and nobody can confirm it here",
                    nextAction: danger.kind == .forced
                        ? "run it from a terminal, or add an approve task" : "run it from a terminal, or with --yes"))
        }
        return refusals
    }

    private func impossible(_ approval: PlannedApproval) -> String? {
        guard !approval.isWholePlan else { return nil }
        let entry = Approval(approval)
        let (users, unmapped) = entry.users(in: inputs.inventory)
        if !unmapped.isEmpty {
            return "nobody is mapped to approver group \(unmapped.joined(separator: ", ")): "
                + "name them under approvers in the inventory"
        }
        let count = ApprovalCount(entry, approvers: users, initiators: initiators)
        let signers = inputs.inventory.allowedSigners.map { AllowedSigners(path: $0) }
        if let problem = signers?.problem, let path = signers?.path {
            return "who may sign approvals cannot be read: \(path): \(problem)"
        }
        let terminal = approver.canAnswer ? inputs.caller.person : nil
        return count.impossibility(signers, terminal: terminal)
    }

    private var initiators: Set<String> {
        inputs.caller.identities.union(inputs.reviewed.map { [$0.user] } ?? [])
    }

    /// A plan that is kept in a file can be approved as a whole, where the inventory says who may sign.
    private var mayApprovePlan: Bool { inputs.options.isForReview && inputs.inventory.allowedSigners != nil }

    private func nothingToDo(_ plan: Plan, _ findings: PlanFindings) -> String? {
        guard findings.plannedWrites == 0, plan.refusals.isEmpty || !findings.hasStepRefusals else {
            return nil
        }
        var reasons: [String] = []
        for reason in findings.idleReasons where !reasons.contains(reason) { reasons.append(reason) }
        return reasons.isEmpty ? "nothing would change" : reasons.prefix(3).joined(separator: "; ")
    }
}

extension StepFailure {
    /// The exit code of a plan that cannot be made.
    var planCode: ExitCode {
        switch code {
        case .refused: .refused
        case .invalid: .invalid
        case .internalError: .internalError
        default: .unreachable
        }
    }
}
