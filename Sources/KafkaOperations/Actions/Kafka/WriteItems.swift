import KafkaAdmin
import RunEngine
import Values

/// The outcome of each item of a write.
struct WriteItems {
    private enum State {
        case changed
        case failed(String)
        /// Sent, and nobody knows what became of it.
        case unknown(String)
    }

    private(set) var names: [String]
    private var states: [String: State] = [:]

    init(_ names: [String]) { self.names = names }

    var changed: [String] { names.filter { if case .changed = states[$0] { true } else { false } } }

    /// Some item was changed, or nobody knows whether it was.
    var mayHaveChanged: Bool {
        states.values.contains {
            switch $0 {
            case .changed, .unknown: true
            case .failed: false
            }
        }
    }

    mutating func change(_ name: String) { states[name] = .changed }
    mutating func fail(_ name: String, _ error: String) { states[name] = .failed(error) }
    /// Sent, and nobody knows what became of it.
    mutating func lose(_ name: String, _ error: String) { states[name] = .unknown(error) }

    /// As Kafka answered.
    mutating func note(_ answer: ItemResult<String, Void>) {
        switch answer.result {
        case .success: states[answer.item] = .changed
        case .failure(let error):
            states[answer.item] = error.code == .unknownOutcome ? .unknown(error.message) : .failed(error.message)
        }
    }

    mutating func note<Success>(_ name: String, _ result: Result<Success, KafkaError>) {
        note(ItemResult(item: name, result: result.map { _ in }))
    }

    private func problem(of name: String) -> String? {
        switch states[name] {
        case .failed(let error), .unknown(let error): error
        case .changed, nil: nil
        }
    }

    private func result(_ more: ValueMap) -> ValueMap {
        var map = more
        map["changed"] = .bool(!changed.isEmpty)
        let isChanged = Set(changed)
        map["items"] = .list(
            names.map { name in
                [
                    "name": .string(name), "changed": .bool(isChanged.contains(name)),
                    "error": .optional(problem(of: name)),
                ]
            })
        return map
    }

    /// What was accepted could not be read back.
    func unknown(_ failure: StepFailure) -> ActionOutcome { ActionOutcome(.unknown(failure), result: result([:])) }

    /// One failed item fails the step, one that nobody knows makes its outcome unknown; the result names the outcome of
    /// all.
    func outcome(_ noun: String, _ verb: String, result more: ValueMap = ValueMap()) -> ActionOutcome {
        let map = result(more)
        let lines = names.compactMap { name in problem(of: name).map { "\(name): \($0)" } }
        guard !lines.isEmpty else { return ActionOutcome(changed.isEmpty ? .ok : .changed, result: map) }
        let unknown = names.filter { if case .unknown = states[$0] { true } else { false } }
        guard unknown.isEmpty else {
            return ActionOutcome(
                .unknown(
                    StepFailure(
                        .unknownOutcome, "what became of \(BoundedList.text(unknown)) is not known",
                        details: BoundedList.lines(lines))), result: map)
        }
        return ActionOutcome(
            .failed(
                StepFailure(
                    .failed, "\(lines.count) of \(names.count) \(noun) \(verb)", details: BoundedList.lines(lines))),
            result: map)
    }
}

extension WriteItems {
    /// A failure of a step within the step.
    mutating func fail(_ failure: StepFailure, of name: String) {
        let text = ([failure.message] + failure.causes).joined(separator: ": ")
        if failure.code == .unknownOutcome { lose(name, text) } else { fail(name, text) }
    }
}
