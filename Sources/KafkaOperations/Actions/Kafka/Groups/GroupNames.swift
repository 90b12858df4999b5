import KafkaAdmin
import RunEngine

/// The groups that a cluster has.
enum GroupNames {
    /// All of them, by id. A broker that does not list its groups fails, and so does a missing right to see them all: a list that
    /// lacks some is no list.
    static func all(_ reader: any ClusterReader) async throws(StepFailure) -> [GroupListing] {
        try await Visibility(reader).requireGroups()
        return try await visible(reader)
    }

    /// Those that we may see, by id.
    static func visible(_ reader: any ClusterReader) async throws(StepFailure) -> [GroupListing] {
        let answers = try await kafka("the groups cannot be listed") { () throws(KafkaError) in
            try await reader.listGroups(states: [], types: [])
        }
        var found: [String: GroupListing] = [:]
        for answer in answers {
            do throws(KafkaError) {
                for group in try answer.result.get() where found[group.id] == nil { found[group.id] = group }
            } catch {
                throw StepFailure(error, doing: "broker \(answer.item) does not list its groups")
            }
        }
        return found.values.sorted { $0.id < $1.id }
    }

    /// A group as it is now; nil when there is none of that name.
    static func describe(_ id: String, _ reader: any ClusterReader) async throws(StepFailure) -> GroupDescription? {
        let answers = try await kafka("the group \(id) cannot be described") { () throws(KafkaError) in
            try await reader.describeGroups([id], type: nil)
        }
        guard let answer = answers.first else { throw StepFailure(.failed, "the group \(id) was not in the answer") }
        do throws(KafkaError) { return try answer.result.get() } catch {
            // GROUP_ID_NOT_FOUND.
            if error.serverCodeNumber == 69 { return nil }
            throw StepFailure(error, doing: "the group \(id) cannot be described")
        }
    }
}
