import EventLoop
import Playbooks
import Values

/// One task on one host: conditions, loops, run_once, and what it leaves behind.
extension HostRun {
    /// 1. Tags. 2. `run_once`: one host of the batch runs it for all. 3. `when`, loop, the work itself.
    func runTask(
        _ task: PlaybookTask, at path: TaskPath, _ section: StepSection, tags: Set<String>?
    ) async throws(RecordFailure) -> Flow {
        guard isSelected(task, tags) else { return .next }
        guard task.runsOnce, section == .tasks else {
            return try await runOwn(task, at: path, section)
        }
        if task.runOnce == .play, batch.batchIndex > 0 { return .next }
        guard let barrier = batch.barrier else {
            let flow = try await runOwn(task, at: path, section)
            if case .next = flow { share(task) }
            return flow
        }
        try await flush()
        switch await barrier.arrive(host.name, at: path) {
        case .follow(.held): return hold()
        case .follow(.passed(let shared, let hasWaited)):
            if let shared { frames.register(shared.name, shared.value, type: shared.type) }
            return hasWaited ? try await lookAgain() : .next
        case .lead:
            do throws(RecordFailure) {
                let flow = mustHold(in: section) && !isAhead(path) ? hold() : try await runOwn(task, at: path, section)
                try await flush()
                if case .next = flow {
                    await barrier.complete(path, .passed(share(task), hasWaited: hasWaited))
                    hasWaited = false
                } else {
                    if case .failed = flow { run.ledger.halt() }
                    await barrier.complete(path, .held)
                }
                return flow
            } catch {
                run.ledger.halt()
                await barrier.complete(path, .held)
                throw error
            }
        }
    }

    /// Makes a registered result visible to later plays.
    @discardableResult
    private func share(_ task: PlaybookTask) -> SharedResult? {
        guard let name = task.register?.value, let value = try? frames.scope().value(of: name) else { return nil }
        let shared = SharedResult(name: name, value: value, type: run.index.resultType(of: task))
        run.ledger.share(shared)
        return shared
    }

    private func runOwn(
        _ task: PlaybookTask, at path: TaskPath, _ section: StepSection
    ) async throws(RecordFailure) -> Flow {
        if !task.vars.isEmpty { frames.push(task.vars) }
        let mark = undo.count
        var flow = try await (task.loop == nil ? runSingle(task, at: path, section) : runLoop(task, at: path, section))
        if !task.vars.isEmpty { frames.pop() }
        if case .failed(let failure) = flow, task.onFailure != .stop {
            flow = try await settle(failure, by: task.onFailure, failure.task, undoFrom: mark, section)
        }
        noteIfHalfway(flow, task.onFailure, name(of: task), since: mark)
        return flow
    }

    private func runSingle(
        _ task: PlaybookTask, at path: TaskPath, _ section: StepSection
    ) async throws(RecordFailure) -> Flow {
        switch formerDecision(on: key(path), path) ?? decide(task.when) {
        case .failure(let failure): return try await fail(task, at: path, section, failure)
        case .success(let reason?):
            skipped(task, at: path, section, reason)
            return .next
        case .success(nil): break
        }
        let end = try await work(task, at: path, section, item: nil)
        if let register = task.register?.value, let result = end.result { keep(result, as: register, of: task) }
        return end.flow
    }

    /// Items one after the other; the first that fails ends the loop. Registers `results`, one for each item that ran.
    private func runLoop(
        _ task: PlaybookTask, at path: TaskPath, _ section: StepSection
    ) async throws(RecordFailure) -> Flow {
        let items: [Value]
        do throws(EvaluationError) {
            items = try self.items(of: task, at: path)
        } catch {
            return try await fail(task, at: path, section, StepFailure(error))
        }
        var results: [Value] = []
        var didChange = false
        let begin = run.now
        var flow = Flow.next
        for (index, item) in items.enumerated() {
            let key = key(path, item: index)
            let isKnown = !path.isVerify && past.hasNext(key)
            if index > 0, !isKnown, mustHold(in: section) {
                flow = hold()
                break
            }
            if index > 0, !isKnown, let pause = task.pause {
                guard await rest(pause) else {
                    flow = hold()
                    break
                }
            }
            frames.push([])
            frames.define(task.loopVariable, item)
            if let name = task.indexVariable { frames.define(name, .int(Int64(index))) }
            defer { frames.pop() }
            let label =
                task.noLog
                ? "item \(index + 1)" : task.loopLabel.map { render($0) } ?? Self.label(of: item)
            let round = Round(index: index, label: run.mask.apply(label))
            switch formerDecision(on: key, path) ?? decide(task.when) {
            case .failure(let failure): flow = try await fail(task, at: path, section, failure, round)
            case .success(let reason?): skipped(task, at: path, section, reason, round)
            case .success(nil):
                let end = try await work(task, at: path, section, item: round)
                flow = end.flow
                if var result = end.result {
                    result["item"] = item
                    didChange = didChange || result["changed"]?.boolValue == true
                    results.append(.map(result))
                }
            }
            if case .next = flow { continue }
            break
        }
        if let register = task.register?.value {
            var didFail = false
            if case .failed = flow { didFail = true }
            frames.register(
                register,
                [
                    "results": .list(results), "changed": .bool(didChange), "failed": .bool(didFail),
                    "skipped": .bool(results.isEmpty), "attempts": .int(1), "start": .timestamp(begin),
                    "end": .timestamp(run.now),
                ])
        }
        return flow
    }

    /// Waits between two rounds; false when the run was asked to stop meanwhile.
    private func rest(_ pause: ValueTemplate) async -> Bool {
        guard let time = try? pause.evaluate(in: frames.scope(), as: .duration).durationValue else { return true }
        return await run.stopper.wait(time, on: run.time, requests: mustGoOnToStart ? 2 : 1) == .time
    }

    /// One round of a loop.
    struct Round {
        var index: Int
        var label: String
    }

    private static func label(of item: Value) -> String {
        switch item {
        case .string(let text): text
        case .map(let map): map["name"]?.stringValue ?? JSON.text(item)
        default: JSON.text(item)
        }
    }

    func keep(_ result: ValueMap, as register: String, of task: PlaybookTask) {
        let type = run.index.resultType(of: task)
        frames.register(register, .map(result), type: type)
        // A task's own result is seen by its undo.
        if case .list(var list)? = undo.last, list.task.span == task.span {
            list.frames.register(register, .map(result), type: type)
            undo[undo.count - 1] = .list(list)
        }
        if host.name == "localhost" { run.ledger.share(SharedResult(name: register, value: .map(result), type: type)) }
    }

    /// How the work of a task ended; `result` is what it registers.
    struct WorkEnd {
        var flow: Flow
        var result: ValueMap?
    }

    private func work(
        _ task: PlaybookTask, at path: TaskPath, _ section: StepSection, item: Round?
    ) async throws(RecordFailure) -> WorkEnd {
        if let end = try await takeOver(task, at: path, section, item: item) { return end }
        guard !hasFork, let forks = batch.forks else {
            return try await begin(task, at: path, section, item: item)
        }
        await forks.take()
        hasFork = true
        let end: WorkEnd
        do throws(RecordFailure) {
            // Another host may have failed, or a signal come, while this one waited for its turn.
            end =
                mustHold(in: section) && !past.hasNext(key(path, item: item?.index))
                ? WorkEnd(flow: hold(), result: nil) : try await begin(task, at: path, section, item: item)
        } catch {
            hasFork = false
            await forks.give()
            throw error
        }
        hasFork = false
        await forks.give()
        return end
    }

    private func begin(
        _ task: PlaybookTask, at path: TaskPath, _ section: StepSection, item: Round?
    ) async throws(RecordFailure) -> WorkEnd {
        switch task.work {
        case .gate(let call): try await runGate(task, call, at: path, section, item: item)
        case .action(let call) where call.name.value == Approval.action:
            try await runApproval(task, call, at: path, section, item: item)
        case .action(let call): try await runAction(task, call, at: path, section, item: item)
        }
    }

    // MARK: Outcomes without work

    func skipped(
        _ task: PlaybookTask, at path: TaskPath, _ section: StepSection, _ reason: String, _ round: Round? = nil,
        by block: TaskPath? = nil
    ) {
        past.end()
        var event = finished(task, at: path, section, round)
        event.status = .skipped
        event.reason = reason
        event.block = block?.text
        emit(.taskFinished(event))
    }

    /// A task that cannot even begin.
    func fail(
        _ task: PlaybookTask, at path: TaskPath, _ section: StepSection, _ failure: StepFailure,
        _ round: Round? = nil
    ) async throws(RecordFailure) -> Flow {
        let masked = shown(failure, of: task)
        past.end()
        var event = finished(task, at: path, section, round)
        event.status = masked.code == .unreachable ? .unreachable : .failed
        event.failure = FailureRecord(masked)
        emit(.taskFinished(event))
        try await flush()
        return .failed(
            HostFailure(
                key: event.key, task: event.name, action: event.action, status: event.status, failure: masked))
    }

    /// An outcome with the task's place filled in.
    func finished(
        _ task: PlaybookTask, at path: TaskPath, _ section: StepSection, _ round: Round?
    ) -> TaskFinished {
        var event = TaskFinished()
        event.key = key(path, item: round?.index)
        event.play = batch.playIndex
        event.batch = batch.batchIndex
        event.host = host.name
        event.name = name(of: task)
        switch task.work {
        case .action(let call): event.action = call.name.value
        case .gate: event.action = "gate"
        }
        event.section = section
        event.item = round?.label
        if isLookingAgain { event.isAgain = true }
        return event
    }
}
