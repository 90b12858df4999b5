import Playbooks
import Values

/// What a playbook needs to know of the world, found by walking it once.
struct PlaybookNeeds {
    /// Every cluster that a task may touch, in order of appearance.
    private(set) var clusters: [String] = []
    /// Those that a read, an order or a fact asks.
    private(set) var asked: Set<String> = []
    /// Hosts of all plays, each once.
    private(set) var hosts: [Host] = []
    /// True when versions of hosts are used anywhere.
    private(set) var facts = false
    /// True when any task may change something.
    private(set) var hasEffects = false
    /// True when a task may change something that no failure has to lead to: a check that says in `rescue` what it found is a
    /// check, and runs.
    private(set) var hasEffectsOfItsOwn = false
    /// Names that decide what is planned: a read registered under one of them is done at plan.
    private(set) var decidingNames: Set<String> = []

    private let index: ActionIndex
    private let choice: ClusterChoice

    init(_ playbook: Playbook, _ inputs: RunInputs, _ index: ActionIndex, _ choice: ClusterChoice) {
        self.index = index
        self.choice = choice
        let words = ["running_version", "installed_version", ".release", "'release'"]
        facts = playbook.sources.contains { source in words.contains { source.text.contains($0) } }
        for play in playbook.plays {
            decidingNames.formUnion(play.when.flatMap(\.names))
            for size in play.serial {
                if case .expression(let template) = size { decidingNames.formUnion(template.names) }
            }
            let members = HostSelection.hosts(
                of: play.hosts, limit: inputs.options.limit, in: inputs.inventory)
            for host in members where !hosts.contains(where: { $0.name == host.name }) { hosts.append(host) }
            let needsOrder = play.order.isLive || play.hasSafeBatches
            for host in members {
                if needsOrder || (facts && host.nodeID != nil), let name = choice.name(play: play, host: host) {
                    note(name, isAsked: true)
                }
            }
            walk(play.tasks, play, members, inputs.options.tags, Set(play.tags), afterFailure: false)
        }
    }

    private mutating func note(_ cluster: String, isAsked: Bool) {
        if !clusters.contains(cluster) { clusters.append(cluster) }
        if isAsked { asked.insert(cluster) }
    }

    private mutating func walk(
        _ nodes: [TaskNode], _ play: Play, _ hosts: [Host], _ selection: TagSelection, _ tags: Set<String>?,
        afterFailure: Bool
    ) {
        for node in nodes {
            switch node {
            case .block(let block):
                decidingNames.formUnion(block.when.flatMap(\.names))
                let tags = tags?.union(block.tags)
                for list in [block.tasks, block.always] {
                    walk(list, play, hosts, selection, tags, afterFailure: afterFailure)
                }
                walk(block.rescue, play, hosts, selection, tags, afterFailure: true)
            case .task(let task): note(task, play, hosts, selection, tags, afterFailure: afterFailure)
            }
        }
    }

    private mutating func note(
        _ task: PlaybookTask, _ play: Play, _ hosts: [Host], _ selection: TagSelection, _ tags: Set<String>?,
        afterFailure: Bool
    ) {
        decidingNames.formUnion(task.when.flatMap(\.names))
        decidingNames.formUnion(task.loop?.names ?? [])
        let call: ActionCall
        var isWrite = false
        var isGate = false
        switch task.work {
        case .gate(let gate):
            call = gate.action
            isGate = true
        case .action(let action):
            call = action
            isWrite =
                index.effect(of: action, in: task) != .read
                && action.name.value != Approval.action
        }
        guard selection.selects(tags?.union(task.tags), isGate: isGate) else { return }
        if isWrite {
            hasEffects = true
            if !afterFailure { hasEffectsOfItsOwn = true }
            for argument in call.arguments { decidingNames.formUnion(argument.value.names) }
        }
        let target = index[call.name.value]?.reference.target ?? .runner
        guard target != .runner else { return }
        for host in hosts.isEmpty ? [] : hosts {
            let named =
                task.cluster?.value
                ?? (target == .cluster ? choice.name(task: task, play: play, host: host) : host.cluster)
            if let named {
                note(named, isAsked: target == .cluster || (isWrite && host.nodeID != nil && isBroker(call)))
            }
        }
        walk(task.undo, play, hosts, TagSelection(), nil, afterFailure: true)
        walk(task.verify, play, hosts, TagSelection(), nil, afterFailure: true)
    }

    /// Lifecycle actions prove over Kafka's protocol what they did.
    private func isBroker(_ call: ActionCall) -> Bool { call.name.value.hasPrefix("broker.") }
}
