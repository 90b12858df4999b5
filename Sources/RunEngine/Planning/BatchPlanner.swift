import EventLoop
import KafkaAdmin
import Playbooks
import Values

/// Plans the tasks of one batch: what each means on each host, as far as it is known now.
///
/// A read is done where its registered result decides something in the plan and nothing was changed before it; else its result is
/// "known after" it. A condition over such a result is decided in the run.
struct BatchPlanner {
    let inputs: RunInputs
    let index: ActionIndex
    let clusters: ClusterChoice
    let access: [String: ClusterAccess]
    let play: Play
    let hosts: [Host]
    let scope: RunScope
    /// Results that later plays see.
    private(set) var shared: [SharedResult] = []

    var frames: [String: ScopeFrames] = [:]
    /// By host: names that are known only in the run, and after which task.
    private var unknown: [String: [String: String]] = [:]
    private var tasks: [PlannedTask] = []

    /// Stands for the value of an argument of a task with `no_log`.
    private static let hidden = Value.string("•••")

    init(
        inputs: RunInputs, index: ActionIndex, clusters: ClusterChoice, access: [String: ClusterAccess], play: Play,
        hosts: [Host], scope: RunScope
    ) {
        self.inputs = inputs
        self.index = index
        self.clusters = clusters
        self.access = access
        self.play = play
        self.hosts = hosts
        self.scope = scope
        for host in hosts {
            frames[host.name] = ScopeFrames(
                base: scope.base(
                    for: host, cluster: clusters.name(play: play, host: host), batch: hosts, variables: play.vars))
            unknown[host.name] = [:]
        }
    }

    mutating func plan(_ findings: inout PlanFindings) async throws -> [PlannedTask] {
        for host in hosts { markVariables(play.vars, host, findings) }
        try await walk(play.tasks, TaskPath(), .tasks, depth: 0, Set(play.tags), [:], &findings)
        return tasks
    }

    /// Why a host does not come to a list, by host name: the enclosing block's `when`.
    private typealias Skips = [String: PlannedStep.Decision]

    private mutating func walk(
        _ nodes: [TaskNode], _ path: TaskPath, _ section: StepSection, depth: Int, _ tags: Set<String>?,
        _ skips: Skips, list: StepSection = .tasks, _ findings: inout PlanFindings
    ) async throws {
        for node in nodes {
            switch node {
            case .task(let task):
                try await plan(
                    task, path.child(list, task.index), section, depth: depth, tags, skips, &findings)
            case .block(let block):
                try await walk(block, path.child(list, block.index), section, depth: depth, tags, skips, &findings)
            }
        }
    }

    private mutating func walk(
        _ block: Block, _ path: TaskPath, _ section: StepSection, depth: Int, _ tags: Set<String>?,
        _ outer: Skips, _ findings: inout PlanFindings
    ) async throws {
        var skips = outer
        for host in hosts {
            frames[host.name]?.push(block.vars, keepsRegisters: block.isScope)
            markVariables(block.vars, host, findings)
            if skips[host.name] == nil {
                switch decide(block.when, host, findings) {
                case .run: break
                case let decision: skips[host.name] = decision
                }
            }
        }
        let tags = tags?.union(block.tags)
        try await walk(block.tasks, path, section, depth: depth + 1, tags, skips, &findings)
        let onFailure: Skips = Dictionary(
            uniqueKeysWithValues: hosts.map {
                ($0.name, skips[$0.name] ?? .atRun(reason: "when a task of the block fails"))
            })
        try await walk(block.rescue, path, .rescue, depth: depth + 1, tags, onFailure, list: .rescue, &findings)
        try await walk(block.always, path, .always, depth: depth + 1, tags, skips, list: .always, &findings)
        for host in hosts { frames[host.name]?.pop() }
    }

    // MARK: One task

    private mutating func plan(
        _ task: PlaybookTask, _ path: TaskPath, _ section: StepSection, depth: Int, _ tags: Set<String>?,
        _ skips: Skips, _ findings: inout PlanFindings
    ) async throws {
        var isGate = false
        if case .gate = task.work { isGate = true }
        guard inputs.options.tags.selects(tags?.union(task.tags), isGate: isGate) else { return }
        var steps: [PlannedStep] = []
        let members = task.runsOnce ? Array(hosts.prefix(1)) : hosts
        var name = title(task, hosts[0])
        if name.isEmpty { name = "task" }
        for host in members {
            if !task.vars.isEmpty {
                frames[host.name]?.push(task.vars)
                markVariables(task.vars, host, findings)
            }
            steps.append(try await step(task, name, host, section, skips[host.name], &findings))
            if !task.vars.isEmpty { frames[host.name]?.pop() }
        }
        if task.runsOnce { spread(task, from: hosts[0]) }
        tasks.append(
            PlannedTask(
                path: path.text, name: name, action: isGate ? "gate" : actionName(task), gate: gate(task),
                effect: effect(task), section: section, depth: depth, steps: steps, span: task.span))
        if section != .undo, !task.undo.isEmpty {
            let reason = PlannedStep.Decision.atRun(reason: "when this host fails and is rolled back")
            let onFailure = Dictionary(uniqueKeysWithValues: hosts.map { ($0.name, reason) })
            try await walk(task.undo, path, .undo, depth: depth + 1, nil, onFailure, list: .undo, &findings)
        }
    }

    /// 1. `when`. 2. The loop's items. 3. What the action says for each.
    private mutating func step(
        _ task: PlaybookTask, _ name: String, _ host: Host, _ section: StepSection,
        _ outer: PlannedStep.Decision?, _ findings: inout PlanFindings
    ) async throws -> PlannedStep {
        var step = PlannedStep(host: host.name, decision: outer ?? .run)
        if outer == nil {
            step.decision = decide(task.when, host, findings, loop: task.loop == nil ? nil : task.loopVariable)
        }
        if case .skip(let reason) = step.decision {
            if isWrite(task) { findings.idleReasons.append("\(host.name): \(reason)") }
            return step
        }
        var rounds: [Value?] = [nil]
        if let loop = task.loop {
            guard let items = known(loop, host, findings)?.listValue else {
                step.notes.append("the items are known in the run")
                noteApproval(task, name, host, section, &findings)
                noteRun(task, name, step, host, section, &findings)
                markUnknown(task, name, host)
                return step
            }
            guard !items.isEmpty else {
                step.decision = .skip(reason: "the loop has no items")
                return step
            }
            rounds = items
            step.items = items.enumerated().map { place, item in
                if task.noLog { return "item \(place + 1)" }
                return item.stringValue ?? item["name"]?.stringValue ?? JSON.text(item)
            }
        }
        var idle = 0
        var result: ValueMap?
        for (place, item) in rounds.enumerated() {
            if let item {
                frames[host.name]?.push([])
                frames[host.name]?.define(task.loopVariable, item)
                if let name = task.indexVariable { frames[host.name]?.define(name, .int(Int64(place))) }
            }
            let before = step.changesNothing
            step.changesNothing = false
            result = try await describe(task, name, host, section, &step, place, &findings)
            if step.changesNothing { idle += 1 }
            step.changesNothing = before
            if item != nil { frames[host.name]?.pop() }
        }
        step.changesNothing = idle == rounds.count
        if step.changesNothing {
            if isWrite(task) { findings.idleReasons.append("\(name): nothing would change") }
        } else {
            noteRun(task, name, step, host, section, &findings)
        }
        if let register = task.register?.value, task.loop == nil, let result {
            define(register, .map(result), index.resultType(of: task), host)
        } else {
            markUnknown(task, name, host)
        }
        noteUndo(task, host, section, &step)
        return step
    }

    /// Fills in arguments and what the action's own plan says; answers with the result of a read that was done.
    private mutating func describe(
        _ task: PlaybookTask, _ name: String, _ host: Host, _ section: StepSection, _ step: inout PlannedStep,
        _ round: Int, _ findings: inout PlanFindings
    ) async throws -> ValueMap? {
        let call = self.call(task)
        guard let entry = index[call.name.value], var hostFrames = frames[host.name] else { return nil }
        let names = hostFrames.scope()
        frames[host.name] = hostFrames
        var isKnown = true
        for argument in call.arguments {
            if let after = knownAfter(argument.value.names, host, findings) {
                isKnown = false
                if round == 0 { step.arguments.append((argument.name.value, .knownAfter(after))) }
            } else if round == 0 {
                let type = entry.reference.parameters.first { $0.name == argument.name.value }?.type
                let value = try? argument.value.evaluateIfDefined(in: names, as: type.map { .optional($0) })
                let known = (value ?? nil) ?? .null
                step.arguments.append((argument.name.value, .known(task.noLog ? Self.hidden : known)))
            }
        }
        guard isKnown else {
            noteApproval(task, name, host, section, &findings)
            return nil
        }
        let arguments: Arguments
        do throws(StepFailure) {
            arguments = try entry.arguments(of: call, in: names)
        } catch {
            // Names like `run.id` exist only in the run.
            if !findings.unknown.isEmpty || mentionsRun(call) || section != .tasks {
                step.notes.append("known in the run: \(error.message)")
                noteApproval(task, name, host, section, &findings)
            } else {
                findings.noteMistake(error)
            }
            return nil
        }
        if call.name.value == Approval.action {
            note(Approval(arguments.values), name, section, &findings)
            return nil
        }
        guard section != .undo, section != .rescue else {
            if !task.noLog { await noteCommands(of: entry, arguments, task, host, hostFrames, names, &step) }
            return nil
        }
        let action: any Action
        do throws(StepFailure) {
            action = try entry.make(arguments)
        } catch {
            // What the task's condition keeps out in the run may be what is wrong here, unless it stands in the file.
            if case .atRun = step.decision, !ConstantCalls.isConstant(call) {
                step.notes.append("not known yet: \(error.message)")
            } else {
                findings.noteMistake(error)
            }
            return nil
        }
        do {
            let context = try TaskPlace(
                play: play, host: host, batch: hosts, scope: scope, frames: hostFrames, clusters: clusters,
                access: access, inputs: inputs
            ).context(for: task, folder: call.folder, in: names)
            for (_, value) in arguments.values { scope.mask.add(value) }
            for (_, value) in context.environment { scope.mask.add(value) }
            if context.host.name != host.name { step.delegate = context.host.name }
            if case .gate(let gate) = task.work {
                if inputs.options.samplesGates { await sample(gate, action, context, names, &step) }
                return nil
            }
            // A playbook that only reads is about to: its plan need not ask the cluster the same.
            let readsSoon =
                findings.isReadOnly && inputs.options.runsAtOnce && entry.reference.target == .cluster
            let plan = readsSoon ? ActionPlan() : try await action.plan(in: context)
            // What `no_log` keeps out of the journal has no place in the plan either.
            if !task.noLog {
                step.commands += plan.commands
                step.changes += plan.changes
                step.notes += plan.notes
            }
            step.changesNothing = plan.changesNothing && isWrite(task)
            findings.refusals += plan.refusals
            if !plan.refusals.isEmpty { findings.hasStepRefusals = true }
            if let force = arguments["force"]?.stringValue, isWrite(task) {
                findings.note(
                    PlannedDanger(kind: .forced, task: name, hosts: [host.name], reason: force), settings(task, host))
            }
            guard decides(task, findings) else { return nil }
            let outcome = try await action.read(in: context)
            switch outcome.status {
            case .ok, .changed, .skipped: return outcome.result
            case .failed(let failure), .unknown(let failure):
                step.notes.append("could not be read yet: \(failure.message)")
                return nil
            case .stopped(let reason):
                step.notes.append("could not be read yet: \(reason)")
                return nil
            }
        } catch {
            let failure = StepFailure(converting: error)
            if failure.code == .unreachable, findings.plannedWrites == 0 { throw RunFailure(.unreachable, failure) }
            if failure.code == .invalid {
                findings.noteMistake(failure)
            } else if findings.plannedWrites == 0, isWrite(task), failure.code == .failed,
                entry.reference.target != .cluster
            {
                // Nothing of this run comes before it that could make it right.
                findings.noteMistake(failure)
            } else if findings.plannedWrites == 0, isWrite(task), failure.code == .refused || failure.code == .failed {
                findings.refusals.append(failure)
                findings.hasStepRefusals = true
            } else {
                step.notes.append("not known yet: \(failure.message)")
            }
            return nil
        }
    }

    private func sample(
        _ gate: GateCall, _ action: any Action, _ context: ReadContext, _ names: ValueScope, _ step: inout PlannedStep
    ) async {
        let keeper = GateKeeper(
            call: gate, action: action, context: context, scope: names, timing: GateTiming(), stopper: Stopper(),
            endsOnSignal: true)
        let seen = await keeper.look().sample
        step.sample = PlannedStep.Sample(passes: seen.passes, reasons: seen.reasons, progress: seen.progress)
    }

    /// A read is done at plan when its result decides something there, and nothing is changed before it.
    private func decides(_ task: PlaybookTask, _ findings: PlanFindings) -> Bool {
        guard let register = task.register?.value, !isWrite(task), findings.plannedWrites == 0 else { return false }
        return findings.decidingNames.contains(register)
    }

    // MARK: What is known

    func knownAfter(_ names: some Sequence<String>, _ host: Host, _ findings: PlanFindings) -> String? {
        findings.knownAfter(names, unknown[host.name] ?? [:])
    }

    private mutating func decide(
        _ conditions: [Expression], _ host: Host, _ findings: PlanFindings, loop variable: String? = nil
    ) -> PlannedStep.Decision {
        guard !conditions.isEmpty else { return .run }
        let names = frames[host.name]?.scope() ?? ValueScope()
        for condition in conditions {
            if let variable, condition.names.contains(variable) { return .atRun(reason: "decided for each item") }
            if let after = knownAfter(condition.names, host, findings) {
                return .atRun(reason: "decided after \(after)")
            }
            do throws(EvaluationError) {
                if try !condition.holds(in: names) { return .skip(reason: "when: \(condition.source) is false") }
            } catch {
                return .atRun(reason: "decided in the run: \(error.message)")
            }
        }
        return .run
    }

    private mutating func known(_ template: ValueTemplate, _ host: Host, _ findings: PlanFindings) -> Value? {
        guard knownAfter(template.names, host, findings) == nil, let names = frames[host.name]?.scope() else {
            return nil
        }
        return try? template.evaluate(in: names)
    }

    private mutating func markVariables(_ variables: [Variable], _ host: Host, _ findings: PlanFindings) {
        for variable in variables {
            if let after = knownAfter(variable.value.names, host, findings) {
                unknown[host.name]?[variable.name.value] = after
            }
        }
    }

    private mutating func markUnknown(_ task: PlaybookTask, _ name: String, _ host: Host) {
        guard let register = task.register?.value else { return }
        unknown[host.name]?[register] = name
        pendingUnknown[register] = name
    }

    private mutating func define(_ name: String, _ value: Value, _ type: ValueType?, _ host: Host) {
        frames[host.name]?.register(name, value, type: type)
        unknown[host.name]?[name] = nil
        if host.name == "localhost" { shared.append(SharedResult(name: name, value: value, type: type)) }
    }

    /// What `run_once` learnt goes to all hosts of the batch.
    private mutating func spread(_ task: PlaybookTask, from first: Host) {
        guard let register = task.register?.value else { return }
        let value = (try? frames[first.name]?.scope().value(of: register)) ?? nil
        let after = unknown[first.name]?[register]
        for host in hosts.dropFirst() {
            unknown[host.name]?[register] = after
            if let value { frames[host.name]?.register(register, value) }
        }
    }

    /// Names that later plays may use and that are known only in the run.
    private(set) var pendingUnknown: [String: String] = [:]
}
