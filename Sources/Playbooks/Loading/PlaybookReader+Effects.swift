import Values

extension PlaybookReader {
    // MARK: Effects

    func effect(_ fields: TaskFields, _ reference: KnownAction?, _ call: ActionCall?) -> Effect {
        var declared: Effect?
        if let entry = fields[.effect], let word = text(entry.value, "'effect'") {
            declared = Effect(rawValue: word)
            if declared == nil {
                let names = Effect.allCases.map(\.rawValue)
                problems.error(
                    "bad-value", "'\(word)' is no effect",
                    hint: NearestName.hint(word, in: names) ?? names.joined(separator: ", "), at: entry.value.span)
            } else if let reference, reference.effect != .opaque, declared != reference.effect {
                problems.error(
                    "effect-mismatch",
                    "\(reference.name) is \(reference.effect.rawValue); only an opaque action can be declared otherwise",
                    at: entry.value.span)
                declared = nil
            }
        }
        if let entry = fields[.checkMode] {
            if flag(entry.value, "'check_mode'") == false {
                declared = .read
            } else {
                problems.error(
                    "refused-keyword", "'check_mode' can only be false", hint: "write effect: read", at: entry.keySpan)
            }
        }
        if let declared { return declared }
        guard let reference else { return .read }
        let probes = ["creates", "removes"]
        if reference.effect == .opaque, call?.arguments.contains(where: { probes.contains($0.name.value) }) == true {
            return .checked
        }
        if reference.effect == .opaque, fields[.verify] != nil { return .checked }
        return reference.effect
    }

    func checkEffect(
        _ fields: TaskFields, _ reference: KnownAction, _ effect: Effect, irreversible: Bool, _ node: YAMLNode,
        _ context: TaskContext
    ) {
        for keyword in [TaskKeyword.retries, .until] {
            guard let entry = fields[keyword] else { continue }
            if irreversible {
                problems.error(
                    "retried-write", "'\(entry.key)' on an irreversible step: it is never repeated", at: entry.keySpan)
            } else if effect == .opaque {
                problems.error(
                    "retried-write", "'\(entry.key)' on an opaque step: repeating it may do it twice",
                    hint: "declare effect: read or idempotent if that is so, or give it verify", at: entry.keySpan)
            }
        }
        if context.role == .verify, effect != .read {
            problems.error(
                "verify-writes", "verify only asks: '\(reference.name)' is \(effect.rawValue)",
                hint: "use a read or a gate",
                at: fields.action?.keySpan ?? head(of: node))
        }
        if effect == .opaque, context.play.hasSerial, context.role == .main {
            let diagnostic = Diagnostic(
                context.play.isProtected ? .error : .warning, code: "opaque-in-rollout",
                "an opaque step without verify in a rolling play: after a lost connection nobody knows whether it was done",
                hint: "give it verify, creates, or effect", at: fields.action?.keySpan ?? head(of: node))
            problems.add([diagnostic])
        }
        if reference.target != .host {
            for keyword in [TaskKeyword.become, .environment] {
                guard let entry = fields[keyword] else { continue }
                problems.error(
                    "meaningless-key", "'\(entry.key)' means nothing to \(reference.name)", at: entry.keySpan)
            }
        }
    }
}
