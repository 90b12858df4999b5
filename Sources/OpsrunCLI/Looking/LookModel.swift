internal import KafkaAdmin
internal import RunEngine
package import Values

/// What a looking verb found, as a value. One renderer shows all of them (`LookRenderer`); reading is done by each model's
/// `read`, which is given a `ClusterReader` and so has no way to change a cluster.
package protocol LookModel: Sendable {
    /// The shape of `document`, for help; a test holds the two together.
    static var schema: RecordType { get }

    /// For programs: plain numbers, every field of `schema`, in its order.
    var document: ValueMap { get }

    /// `document` as JSON. Models that may have very many rows write them one by one.
    func write(to json: inout LookJSON)

    /// For people, from the top down.
    var tables: [LookTable] { get }

    /// For `--output name`: one a line.
    var names: [String] { get }

    /// What could not be read although the rest could: one sentence each. They make the exit code 4.
    var problems: [String] { get }
}

extension LookModel {
    package var problems: [String] { [] }

    package func write(to json: inout LookJSON) { json.write(.map(document)) }

    /// What a missing right keeps from us, or may, in a sentence.
    static func hidden(_ question: () async throws(KafkaError) -> StepFailure?) async -> [String] {
        do throws(KafkaError) {
            guard let failure = try await question() else { return [] }
            return [
                ([failure.message] + failure.causes + [failure.nextAction].compactMap(\.self)).joined(separator: ": ")
            ]
        } catch {
            return ["what is not shown to us cannot be found out: \(error.message)"]
        }
    }

    /// What each broker told, in one list, and a sentence for each that did not.
    static func parts<Part>(
        of answers: [ItemResult<Int32, [Part]>], _ whenMissing: (Int32) -> String
    ) -> (found: [Part], problems: [String]) {
        var found: [Part] = []
        var problems: [String] = []
        for answer in answers.sorted(by: { $0.item < $1.item }) {
            switch answer.result {
            case .success(let parts): found += parts
            case .failure(let error): problems.append("\(whenMissing(answer.item)): \(error.message)")
            }
        }
        return (found, problems)
    }
}
