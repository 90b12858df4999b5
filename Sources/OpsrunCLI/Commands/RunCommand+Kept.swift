internal import EventLoop
internal import Playbooks
internal import RunEngine
internal import Values

// Plans that are kept in files, at the place where they are made and where they are run.
extension RunCommand {
    /// The plan as a file has it.
    func saved(_ prepared: Prepared) -> SavedPlan {
        SavedPlan(
            prepared.run.plan, call: KeptCall.fields(of: options), version: OpsrunVersion.number,
            author: "\(caller.user)@\(caller.host)",
            created: Timestamp(milliseconds: SystemTimeSource().sinceEpoch.milliseconds),
            lifetime: options.lifetime ?? SavedPlan.defaultLifetime)
    }

    /// Keeps the plan in a file; nil when it is there.
    func keep(_ kept: SavedPlan, _ prepared: Prepared, in file: String) -> StepFailure? {
        guard !Self.holdsSecret(.map(prepared.environment.project.playbook.parameterValues)) else {
            return StepFailure(
                .refused, "the plan is not kept: a secret was given on the command line, and a file holds none",
                nextAction: "say where the secret comes from, such as -e 'NAME={\"secret\": \"env:VARIABLE\"}'")
        }
        do throws(SystemError) {
            try Files.writeAtomically(kept.bytes, to: file)
        } catch {
            return StepFailure(.failed, "the plan cannot be kept in \(file): \(error.reason)")
        }
        if !options.quiet, mode != .quiet {
            surroundings.messages.write(
                "kept in \(SafeText.escape(file)), good until \(kept.expires): sha256 \(kept.plan.digest)\n")
        }
        return nil
    }

    static func holdsSecret(_ value: Value) -> Bool {
        switch value {
        case .secret: true
        case .list(let list): list.contains(where: holdsSecret)
        case .map(let map): map.contains { holdsSecret($0.value) }
        default: false
        }
    }

    /// What of the plan that was kept is not so any more; nil when it may be run.
    func drift(to plan: Plan) -> StepFailure? {
        guard let kept else { return nil }
        let changes = kept.drift(to: plan)
        guard !changes.isEmpty else { return nil }
        return StepFailure(
            .refused, "the plan is stale: what it was reviewed for has changed",
            nextAction: "make the plan again, and have it reviewed again", details: changes)
    }
}

/// The options that make a plan, as they are kept with it.
enum KeptCall {
    /// With the values that the parameters have: files of them may change. A secret that was given is given again.
    static func fields(of options: Options, parameters: ValueMap) -> ValueMap {
        var fields = fields(of: options)
        let kept = ValueMap(
            parameters.filter { !RunCommand.holdsSecret($0.value) }.map { ($0.key, $0.value) })
        fields["extra_vars"] = .list(kept.isEmpty ? [] : [.string(JSON.text(.map(kept)))])
        return fields
    }

    static func fields(of options: Options) -> ValueMap {
        func texts(_ list: [String]) -> Value { .list(list.map { .string($0) }) }
        func text(_ text: String?) -> Value { text.map { .string($0) } ?? .null }
        return [
            "playbook": text(options.operands.first), "inventory": text(options.inventory),
            "extra_vars": texts(options.parameters), "limit": text(options.limit), "tags": texts(options.tags),
            "skip_tags": texts(options.skipTags), "allow_skip_gates": .bool(options.allowSkipGates),
            "cluster": text(options.cluster), "command_config": text(options.commandConfig),
            "strict": .bool(options.strict),
        ]
    }

    /// The options of `apply` with those that the plan was made with; nil for what this version does not write.
    static func options(_ call: ValueMap, in applying: Options) -> Options? {
        func texts(_ name: String) -> [String]? { call[name]?.listValue?.compactMap(\.stringValue) }
        guard let playbook = call["playbook"]?.stringValue, let parameters = texts("extra_vars"),
            let tags = texts("tags"), let skipTags = texts("skip_tags")
        else { return nil }
        var options = applying
        options.operands = [playbook]
        options.inventory = call["inventory"]?.stringValue
        options.parameters = parameters + applying.parameters
        options.limit = call["limit"]?.stringValue
        options.tags = tags
        options.skipTags = skipTags
        options.allowSkipGates = call["allow_skip_gates"]?.boolValue ?? false
        options.cluster = call["cluster"]?.stringValue
        options.commandConfig = call["command_config"]?.stringValue
        options.strict = call["strict"]?.boolValue ?? false
        return options
    }
}
