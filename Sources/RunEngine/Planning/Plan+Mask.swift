import Values

extension Plan {
    /// Takes the secrets of the run out of everything that reads, titles and reasons brought into the plan. What a secret is
    /// by its type prints as `•••` anyway.
    mutating func cover(_ mask: SecretMask) {
        for play in plays.indices {
            plays[play].name = mask.apply(plays[play].name)
            for place in plays[play].excluded.indices {
                plays[play].excluded[place].reason = mask.apply(plays[play].excluded[place].reason)
            }
            for batch in plays[play].batches.indices {
                for task in plays[play].batches[batch].tasks.indices {
                    plays[play].batches[batch].tasks[task].cover(mask)
                }
            }
        }
        for place in approvals.indices {
            approvals[place].task = mask.apply(approvals[place].task)
            approvals[place].prompt = mask.apply(approvals[place].prompt)
        }
        for place in irreversible.indices {
            irreversible[place].task = mask.apply(irreversible[place].task)
            irreversible[place].reason = irreversible[place].reason.map { mask.apply($0) }
        }
        notes = notes.map { mask.apply($0) }
        refusals = refusals.map { mask.apply($0) }
        nothingToDo = nothingToDo.map { mask.apply($0) }
    }
}

extension PlannedTask {
    fileprivate mutating func cover(_ mask: SecretMask) {
        name = mask.apply(name)
        for step in steps.indices { steps[step].cover(mask) }
    }
}

extension PlannedStep {
    fileprivate mutating func cover(_ mask: SecretMask) {
        switch decision {
        case .run: break
        case .skip(let reason): decision = .skip(reason: mask.apply(reason))
        case .atRun(let reason): decision = .atRun(reason: mask.apply(reason))
        }
        for place in arguments.indices {
            if case .known(let value) = arguments[place].value { arguments[place].value = .known(mask.apply(value)) }
        }
        commands = commands.map { $0.map { mask.apply($0) } }
        changes = changes.map { mask.apply($0) }
        notes = notes.map { mask.apply($0) }
        items = items.map { mask.apply($0) }
        if let seen = sample {
            sample = Sample(
                passes: seen.passes, reasons: seen.reasons.map { mask.apply($0) }, progress: mask.apply(seen.progress))
        }
    }
}
