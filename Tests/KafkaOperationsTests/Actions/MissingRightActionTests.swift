import KafkaAdmin
import KafkaOperations
import KafkaWire
import RunEngine
import SimulatedKafka
import TestSupport
import Testing
import Values

/// An action that may not see all that there is fails, and never answers with less.
@Suite struct MissingRightActionTests {
    private static let reads: [(String, ValueMap)] = [
        ("kafka.describe_topics", [:]), ("kafka.list_offsets", ["topics": ["*"]]), ("kafka.describe_groups", [:]),
        ("kafka.list_transactions", ["hanging": true]), ("kafka.describe_traffic", [:]), ("kafka.describe_users", [:]),
        ("kafka.cluster_health", [:]), ("kafka.describe_hot_partitions", ["topics": ["*"]]),
        ("kafka.describe_acls", [:]), ("kafka.describe_groups", ["groups": ["billing"]]),
    ]

    @Test(arguments: reads) func `without any right it says which one is missing`(
        name: String, values: ValueMap
    ) async throws {
        let world = EmbeddedWorld(configure: { $0.hasAuthorizer = true })
        do {
            _ = try await world.read(name, values)
            Issue.record("\(name) answered")
        } catch let failure as StepFailure {
            #expect(failure.code == .unreachable, "\(failure)")
            let said = ([failure.message] + failure.causes).joined(separator: ": ")
            #expect(said.contains("right"), "\(said)")
            #expect(failure.nextAction?.contains("grant") == true, "\(failure)")
        }
    }

    @Test func `a group whose commits cannot be read is no group that reads nothing`() async throws {
        let world = EmbeddedWorld()
        _ = try await world.writer.commitOffsets(
            [(TopicPartition("orders", 0), CommittedOffset(offset: 0))], of: "billing")
        var reader = LyingReader(world.reader)
        reader.commits = { _ in KafkaError.answered(.init(rawValue: 30), api: .offsetFetch) }
        let action = try StepBench.make(
            world.catalog, "kafka.describe_traffic", ["topics": ["orders"], "over": .duration(.milliseconds(100))])
        do {
            _ = try await action.read(in: world.bench(1).reading(cluster: reader))
            Issue.record("it answered")
        } catch let failure as StepFailure {
            #expect(failure.message.contains("billing"), "\(failure)")
            #expect(failure.causes.contains { $0.contains("the right DESCRIBE on the group is missing") })
        }
        reader.commits = { _ in KafkaError.answered(.groupIdNotFound, api: .offsetFetch) }
        let gone = try await action.read(in: world.bench(1).reading(cluster: reader)).result
        #expect(gone["groups_consuming"] == [])
    }
}
