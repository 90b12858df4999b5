import Glibc
import KafkaAdmin
import TestSupport
import Testing
import Values

// Share and streams groups, beside what Kafka's own tools say of them.

extension LookingTests {
    /// Rows by the words of the header, those of one group.
    private func rows(
        _ tools: KafkaTools, _ tool: [String], _ arguments: [String], of group: String
    ) async throws -> [[String: String]] {
        let name = try #require(tool.first)
        let lines = try await tools.rows(name, arguments, prefix: Array(tool.dropFirst()))
        let header = try #require(lines.first { $0.first == "GROUP" }, "\(tool) \(arguments): \(lines)")
        return lines.filter { $0.first == group }.map { row in
            // The last column may have spaces in it.
            let fields = row.prefix(header.count - 1) + [row.dropFirst(header.count - 1).joined(separator: " ")]
            return Dictionary(zip(header, fields)) { first, _ in first }
        }
    }

    private func number(_ value: Value?) -> String { value?.intValue.map { "\($0)" } ?? "-" }

    private func state(_ group: Value, _ tools: KafkaTools, _ tool: [String]) async throws {
        let name = group["name"]?.stringValue ?? ""
        let row = try #require(
            try await rows(tools, tool, ["--describe", "--group", name, "--state", "--verbose"], of: name).first)
        #expect(row["STATE"] == group["state"]?.stringValue, "\(row)")
        #expect(row["(ID)"] == "(\(number(group["coordinator"])))", "\(row)")
        #expect(row["GROUP-EPOCH"] == number(group["epoch"]), "\(row)")
        #expect(row["#MEMBERS"] == "\(group["members"]?.listValue?.count ?? -1)", "\(row)")
    }

    // MARK: kafka-share-groups.sh

    func shareGroups(_ tools: KafkaTools) async throws {
        let share = ["kafka-share-groups.sh"]
        let run = try #require(tools.release.tool("kafka-run-class.sh"))
        let consumer = try TestProcess.start(
            [
                run, "org.apache.kafka.tools.consumer.ConsoleShareConsumer", "--bootstrap-server", tools.bootstrap,
                "--topic", "orders", "--group", "sharing",
            ], in: tools.scratch)
        do {
            let live = try await tools.look(["group", "sharing"]) {
                $0["state"] == "Stable" && $0["members"]?.listValue?.first?["partitions"]?.listValue?.count == 3
            }
            try await state(live, tools, share)
            let rows = try await rows(
                tools, share, ["--describe", "--group", "sharing", "--members", "--verbose"], of: "sharing")
            let members = live["members"]?.listValue ?? []
            try #require(rows.count == 1 && members.count == 1, "\(rows)\n\(live)")
            #expect(rows[0]["CONSUMER-ID"] == members[0]["id"]?.stringValue)
            #expect(rows[0]["HOST"] == members[0]["host"]?.stringValue)
            #expect(rows[0]["CLIENT-ID"] == members[0]["client_id"]?.stringValue)
            #expect(rows[0]["MEMBER-EPOCH"] == number(members[0]["epoch"]))
            #expect(rows[0]["ASSIGNMENT"] == "orders:0,1,2", "\(rows)")
            #expect(members[0]["partitions"] == ["orders-0", "orders-1", "orders-2"])
        } catch {
            kill(-consumer.pid, SIGKILL)
            throw error
        }
        consumer.signal(SIGTERM)
        _ = await consumer.wait(within: 60)
        _ = try await tools.look(["group", "sharing"]) { $0["state"] == "Empty" }
        // Their tool puts the group where it has not been; ours sees where that is.
        let reset = ["--reset-offsets", "--group", "sharing", "--topic", "orders:0", "--to-earliest", "--execute"]
        _ = try await tools.run("kafka-share-groups.sh", reset)
        let found = try await tools.look(["group", "sharing"]) { document in
            document["partitions"]?.listValue?.contains { $0["partition"] == 0 && $0["committed"] == 0 } == true
        }
        let said = try await rows(
            tools, share, ["--describe", "--group", "sharing", "--offsets", "--verbose"], of: "sharing")
        let texts = (found["partitions"]?.listValue ?? []).map {
            "\($0["topic"]?.stringValue ?? "") \(number($0["partition"])) \(number($0["committed"])) \(number($0["lag"]))"
        }
        let theirs = said.map { row in
            ["TOPIC", "PARTITION", "START-OFFSET", "LAG"].map { row[$0] ?? "" }.joined(separator: " ")
        }
        #expect(!texts.isEmpty && texts.sorted() == theirs.sorted(), "\(texts)\n\(theirs)")
        let listed = try await tools.look(["groups"])["groups"]?.listValue?.first { $0["name"] == "sharing" }
        let words = ["name", "type", "protocol_type"].map { listed?[$0]?.stringValue ?? "" }
        #expect(try await tools.rows("kafka-groups.sh", ["--list", "--share"]).last == words)
        #expect(
            try await tools.rows("kafka-share-groups.sh", ["--list", "--state"]).last == [
                "sharing", listed?["state"]?.stringValue ?? "",
            ])
    }

    // MARK: kafka-streams-groups.sh

    /// Its member is this test: a real one would need an application.
    func streamsGroups(_ tools: KafkaTools) async throws {
        let streams = ["kafka-run-class.sh", "org.apache.kafka.tools.streams.StreamsGroupCommand"]
        let client = AdminClient(
            settings: AdminClientSettings(bootstrap: try AdminClientSettings.addresses([tools.bootstrap])))
        let result: Result<Void, any Error>
        do {
            try await streamsGroups(tools, streams, client)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await client.close()
        try result.get()
    }

    private func joined(_ member: inout BareGroupMember, _ tools: KafkaTools) async throws -> Value {
        var last: Value?
        for _ in 0..<100 {
            // Coordinators refuse for a while.
            try? await member.beat()
            last = try? await tools.look(["group", "flowing"])
            if let last, last["members"]?.listValue?.first?["partitions"]?.listValue?.count == 3 { return last }
            try await TestProcess.pause(milliseconds: 200, in: tools.scratch)
        }
        return try #require(nil, "flowing has no task for each partition: \(last.map { "\($0)" } ?? "nothing")")
    }

    private func streamsGroups(_ tools: KafkaTools, _ streams: [String], _ client: AdminClient) async throws {
        var member = BareGroupMember(.streams, of: "flowing", reading: ["orders"], client)
        let live = try await joined(&member, tools)
        #expect(live["type"] == "Streams")
        try await state(live, tools, streams)
        let rows = try await rows(
            tools, streams, ["--describe", "--group", "flowing", "--members", "--verbose"], of: "flowing")
        let members = live["members"]?.listValue ?? []
        try #require(rows.count == 1 && members.count == 1, "\(rows)\n\(live)")
        #expect(rows[0]["MEMBER"] == members[0]["id"]?.stringValue, "\(rows)")
        #expect(rows[0]["CLIENT-ID"] == members[0]["client_id"]?.stringValue, "\(rows)")
        #expect(rows[0]["TOPOLOGY-EPOCH"] == number(live["topology_epoch"]), "\(rows)")
        #expect(members[0]["partitions"] == ["sub-1_0", "sub-1_1", "sub-1_2"], "\(members)")
        try await member.leave()
        let writer = LiveClusterOperator(sender: client)
        let offsets = (0..<3).map { (TopicPartition("orders", $0), CommittedOffset(offset: 0)) }
        for item in try await writer.commitOffsets(offsets, of: "flowing") { try item.result.get() }
        #expect(try await tools.look(["group", "flowing"])["state"] == "Empty")
        // Their tool shows what members have, and takes offsets from outside for groups without any.
        member = BareGroupMember(.streams, of: "flowing", reading: ["orders"], client)
        let found = try await joined(&member, tools)
        let said = try await self.rows(
            tools, streams, ["--describe", "--group", "flowing", "--offsets", "--verbose"], of: "flowing")
        let texts = (found["partitions"]?.listValue ?? []).map { row in
            ["partition", "committed", "end", "lag"].map { number(row[$0]) }.joined(separator: " ")
        }
        let theirs = said.map { row in
            ["PARTITION", "CURRENT-OFFSET", "LOG-END-OFFSET", "OFFSET-LAG"].map { row[$0] ?? "" }
                .joined(separator: " ")
        }
        #expect(texts.count == 3 && texts.sorted() == theirs.sorted(), "\(texts)\n\(said)")
        let listed = try await tools.look(["groups"])["groups"]?.listValue?.first { $0["name"] == "flowing" }
        let words = ["name", "type", "protocol_type"].map { listed?[$0]?.stringValue ?? "" }
        #expect(try await tools.rows("kafka-groups.sh", ["--list", "--streams"]).last == words)
    }
}
