import Glibc
import TestSupport
import Testing
import Values

// Groups, access rules, quotas, users and transactions, beside what Kafka's own tools say of the same broker.

extension LookingTests {
    @Test func `groups, rules, quotas, users and transactions are those that Kafka's own tools show`() async throws {
        let release = try #require(RealKafka.highest)
        try await ScratchDirectory.with { scratch in
            let properties = [
                "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                "super.users=User:ANONYMOUS", "group.initial.rebalance.delay.ms=0",
            ]
            try await RealKafkaBroker.with(release, scratch: scratch, listeners: [], properties: properties) { broker in
                let tools = KafkaTools(release: release, bootstrap: broker.plaintext, scratch: scratch)
                for topic in ["orders", "ledger"] {
                    _ = try await tools.run(
                        "kafka-topics.sh",
                        ["--create", "--topic", topic, "--partitions", "3", "--replication-factor", "1"])
                }
                try await accessRules(tools)
                try await quotasAndUsers(tools)
                try await groups(tools)
                try await shareGroups(tools)
                try await streamsGroups(tools)
                try await transactions(tools)
            }
        }
    }

    // MARK: kafka-acls.sh

    /// `name=value` pieces inside of brackets.
    private func pieces(_ line: Substring) -> [String: String] {
        var found: [String: String] = [:]
        guard let open = line.lastIndex(of: "("), let close = line.lastIndex(of: ")"), open < close else { return [:] }
        for piece in line[line.index(after: open)..<close].split(separator: ",") {
            let parts = piece.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { found[trim(parts[0])] = trim(parts[1]) }
        }
        return found
    }

    private func accessRules(_ tools: KafkaTools) async throws {
        _ = try await tools.look(["acls"]) { $0 == ["authorizer": true, "acls": []] }
        for rule in [
            [
                "--allow-principal", "User:anna", "--operation", "Read", "--operation", "DescribeConfigs", "--topic",
                "orders",
            ],
            [
                "--deny-principal", "User:eve", "--deny-host", "10.0.0.7", "--operation", "All", "--topic", "or",
                "--resource-pattern-type", "prefixed",
            ],
            ["--allow-principal", "User:*", "--operation", "Read", "--group", "*"],
            ["--allow-principal", "User:loader", "--operation", "IdempotentWrite", "--cluster"],
            ["--allow-principal", "User:loader", "--operation", "Write", "--transactional-id", "loader"],
        ] { _ = try await tools.run("kafka-acls.sh", ["--add"] + rule) }
        // The controller has taken the last one; the broker is asked from here on.
        _ = try await tools.look(["acls"]) { $0["acls"]?.listValue?.count == 6 }
        var resource: [String: String] = [:]
        var said: [String] = []
        for line in try await tools.run("kafka-acls.sh", ["--list"]).split(separator: "\n") {
            let found = pieces(line)
            if found["resourceType"] != nil { resource = found }
            guard let principal = found["principal"] else { continue }
            let words = [
                resource["resourceType"] ?? "", resource["name"] ?? "", resource["patternType"] ?? "", principal,
                found["host"] ?? "", found["operation"] ?? "", found["permissionType"] ?? "",
            ]
            said.append(words.joined(separator: " ").lowercased())
        }
        let ours = try await tools.look(["acls"])["acls"]?.listValue ?? []
        let fields = ["resource_type", "resource_name", "pattern", "principal", "host", "operation", "permission"]
        let texts = ours.map { rule in
            fields.map { rule[$0]?.stringValue ?? "" }.joined(separator: " ").lowercased()
        }
        #expect(said.count == 6 && texts.sorted() == said.sorted(), "\(said)\n\(texts)")
    }

    // MARK: kafka-configs.sh

    private func quotasAndUsers(_ tools: KafkaTools) async throws {
        for (config, entity) in [
            ("producer_byte_rate=1024,request_percentage=50.5", ["users anna"]),
            ("consumer_byte_rate=2048", ["users anna", "clients loader"]),
            ("controller_mutation_rate=10", ["users", "clients"]), ("producer_byte_rate=4096", ["clients"]),
            ("connection_creation_rate=7", ["ips 10.0.0.7"]), ("connection_creation_rate=9", ["ips"]),
            ("SCRAM-SHA-256=[iterations=8192,password=one]", ["users anna"]),
            ("SCRAM-SHA-512=[password=two]", ["users anna"]),
            ("SCRAM-SHA-512=[iterations=4096,password=three]", ["users ola"]),
        ] {
            let names = entity.flatMap { text -> [String] in
                let parts = text.split(separator: " ").map(String.init)
                return parts.count == 2
                    ? ["--entity-type", parts[0], "--entity-name", parts[1]]
                    : ["--entity-type", parts[0], "--entity-default"]
            }
            _ = try await tools.run("kafka-configs.sh", ["--alter", "--add-config", config] + names)
        }
        _ = try await tools.look(["quotas"]) { document in
            let quotas = document["quotas"]?.listValue ?? []
            return quotas.map { $0["values"]?.mapValue?.count ?? 0 }.reduce(0, +) == 7
        }
        _ = try await tools.look(["users"]) { document in
            let users = document["users"]?.listValue ?? []
            return users.map { $0["credentials"]?.listValue?.count ?? 0 }.reduce(0, +) == 3
        }
        var quotas: Set<String> = []
        var credentials: Set<String> = []
        for types in [["users"], ["clients"], ["ips"], ["users", "clients"]] {
            let said = try await tools.run(
                "kafka-configs.sh", ["--describe"] + types.flatMap { ["--entity-type", $0] })
            for line in said.split(separator: "\n") {
                // "Quota configs for user-principal 'anna', the default client-id are a=1.0, b=2.0"
                guard let start = line.firstRange(of: " configs for "), let end = line.firstRange(of: " are ") else {
                    continue
                }
                let who = line[start.upperBound..<end.lowerBound].split(separator: ",").map { part -> String in
                    let text = trim(part).replacing("user-principal", with: "user")
                    if text.hasPrefix("the default ") { return text.dropFirst(12) + "=" }
                    return text.replacing(" '", with: "=").replacing("'", with: "")
                }.sorted().joined(separator: ",")
                for value in line[end.upperBound...].split(separator: ",").map(trim) {
                    if line.hasPrefix("SCRAM") {
                        credentials.insert("\(who) \(value)")
                    } else {
                        quotas.insert("\(who) \(value)")
                    }
                }
            }
        }
        let settings = try await tools.look(["quotas"])["quotas"]?.listValue ?? []
        let ours = settings.flatMap { setting -> [String] in
            let who = (setting["entity"]?.listValue ?? []).map {
                "\($0["type"]?.stringValue ?? "")=\($0["name"]?.stringValue ?? "")"
            }.sorted().joined(separator: ",")
            return (setting["values"]?.mapValue ?? ValueMap()).map {
                // Kafka's tool writes a fraction in any case.
                "\(who) \($0.key)=\($0.value.intValue.map { "\($0).0" } ?? JSON.text($0.value))"
            }
        }
        #expect(quotas.count == 7 && Set(ours) == quotas, "\(quotas)\n\(ours)")
        let users = try await tools.look(["users"])["users"]?.listValue ?? []
        let keys = users.flatMap { user in
            (user["credentials"]?.listValue ?? []).map {
                "user=\(user["name"]?.stringValue ?? "") \($0["mechanism"]?.stringValue ?? "")="
                    + "iterations=\($0["iterations"]?.intValue ?? 0)"
            }
        }
        #expect(credentials.count == 3 && Set(keys) == credentials, "\(credentials)\n\(keys)")
    }

    // MARK: kafka-groups.sh, kafka-consumer-groups.sh

    private func groups(_ tools: KafkaTools) async throws {
        let produce = try #require(tools.release.tool("kafka-console-producer.sh"))
        let filled = try await TestProcess.run(
            ["sh", "-c", "seq 1 90 | \(produce) --bootstrap-server \(tools.bootstrap) --topic orders"],
            in: tools.scratch)
        try #require(filled.status == 0, "\(filled)")
        let consume = try #require(tools.release.tool("kafka-console-consumer.sh"))
        let read = try await TestProcess.run(
            [
                consume, "--bootstrap-server", tools.bootstrap, "--topic", "orders", "--group", "billing",
                "--from-beginning", "--max-messages", "5",
            ], in: tools.scratch)
        try #require(read.status == 0, "\(read)")
        let verify = try #require(tools.release.tool("kafka-verifiable-consumer.sh"))
        let live = try ["classic", "consumer"].map { kind in
            try TestProcess.start(
                [
                    verify, "--bootstrap-server", tools.bootstrap, "--topic", "orders", "--group-id", "live-\(kind)",
                    "--group-protocol", kind, "--reset-policy", "earliest",
                ], in: tools.scratch)
        }
        do {
            for group in ["live-classic", "live-consumer"] {
                _ = try await tools.look(["group", group]) {
                    $0["state"] == "Stable" && $0["lag_total"] == 0 && $0["partitions"]?.listValue?.count == 3
                }
            }
            for group in ["billing", "live-classic", "live-consumer"] { try await compare(group, tools) }
            let missing = try await TestProcess.run(
                [BuiltOpsrun.path, "group", "biling", "--bootstrap", tools.bootstrap], in: tools.scratch)
            #expect(missing.status == 3 && missing.stderr.contains("did you mean 'billing'?"), "\(missing)")
            // GROUP TYPE PROTOCOL
            let said = try await tools.rows("kafka-groups.sh", ["--list"]).dropFirst()
            let listed =
                try await tools.look(["groups"]) { document in
                    let states = document["groups"]?.listValue?.compactMap { $0["state"]?.stringValue } ?? []
                    return states.sorted() == ["Empty", "Stable", "Stable"]
                }["groups"]?
                .listValue ?? []
            let ours = listed.map { group in
                ["name", "type", "protocol_type"].compactMap { group[$0]?.stringValue }.filter { !$0.isEmpty }
            }
            #expect(listed.count == 3 && Set(ours) == Set(said), "\(said)\n\(ours)")
            // GROUP STATE
            for row in try await tools.rows("kafka-consumer-groups.sh", ["--list", "--state"]).dropFirst() {
                let found = listed.first { $0["name"]?.stringValue == row.first }
                #expect(found?["state"]?.stringValue == row.last, "\(row)")
            }
        } catch {
            for process in live { kill(-process.pid, SIGKILL) }
            throw error
        }
        for process in live {
            kill(-process.pid, SIGKILL)
            _ = await process.wait(within: 20)
        }
    }

    private func compare(_ name: String, _ tools: KafkaTools) async throws {
        let group = try await tools.look(["group", name])
        let partitions = group["partitions"]?.listValue ?? []
        // GROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG CONSUMER-ID HOST CLIENT-ID
        let rows = try await tools.rows("kafka-consumer-groups.sh", ["--describe", "--group", name])
            .filter { $0.first == name && $0.count == 9 }
        #expect(!rows.isEmpty && rows.count == partitions.count, "\(rows)\n\(group)")
        var total: Int64 = 0
        for row in rows {
            let found = try #require(
                partitions.first { $0["topic"]?.stringValue == row[1] && $0["partition"]?.intValue == Int64(row[2]) },
                "\(row)")
            #expect(found["committed"]?.intValue == Int64(row[3]), "\(row)")
            #expect(found["end"]?.intValue == Int64(row[4]) && found["lag"]?.intValue == Int64(row[5]), "\(row)")
            total += Int64(row[5]) ?? 0
            #expect(found["members"]?.listValue?.first?.stringValue ?? "-" == row[6], "\(row)")
            let member = group["members"]?.listValue?.first { $0["id"]?.stringValue == row[6] }
            #expect(member?["host"]?.stringValue ?? "-" == row[7] && member?["client_id"]?.stringValue ?? "-" == row[8])
        }
        #expect(group["lag_total"] == .int(total))
        // GROUP COORDINATOR (ID) [ASSIGNMENT-STRATEGY] STATE #MEMBERS
        let state = try await tools.rows("kafka-consumer-groups.sh", ["--describe", "--group", name, "--state"])
        let row = try #require(state.first { $0.first == name && $0.count >= 5 }, "\(state)")
        #expect(row[2] == "(\(group["coordinator"]?.intValue ?? -1))", "\(row)")
        #expect(group["state"]?.stringValue == row[row.count - 2], "\(row)")
        #expect("\(group["members"]?.listValue?.count ?? -1)" == row.last, "\(row)")
        if row.count > 5, row[3] != "-" { #expect(group["assignor"]?.stringValue == row[3], "\(row)") }
    }

    // MARK: kafka-transactions.sh

    private func transactions(_ tools: KafkaTools) async throws {
        let perf = try #require(tools.release.tool("kafka-producer-perf-test.sh"))
        func produce(_ id: String, _ records: Int, _ duration: Int, _ rate: Int) -> [String] {
            [
                perf, "--topic", "ledger", "--num-records", "\(records)", "--record-size", "16", "--throughput",
                "\(rate)", "--producer-props", "bootstrap.servers=\(tools.bootstrap)", "transaction.timeout.ms=700000",
                "--transactional-id", id, "--transaction-duration-ms", "\(duration)",
            ]
        }
        let done = try await TestProcess.run(produce("done", 10, 50, -1), in: tools.scratch)
        try #require(done.status == 0, "\(done)")
        let open = try TestProcess.start(produce("open", 1000, 600_000, 2), in: tools.scratch)
        do {
            let looked = try await tools.look(["transactions"]) { document in
                let all = document["transactions"]?.listValue ?? []
                return all.contains { $0["id"] == "open" && $0["partitions"]?.listValue?.isEmpty == false }
                    && all.contains { $0["id"] == "done" && $0["state"] == "CompleteCommit" }
            }
            // TransactionalId Coordinator ProducerId TransactionState
            let listed = try await tools.rows("kafka-transactions.sh", ["list"]).dropFirst()
            let found = looked["transactions"]?.listValue ?? []
            let ours = found.map {
                [
                    $0["id"]?.stringValue ?? "", "\($0["coordinator"]?.intValue ?? -1)",
                    "\($0["producer_id"]?.intValue ?? -1)", $0["state"]?.stringValue ?? "",
                ]
            }
            #expect(ours.count == 2 && Set(ours) == Set(listed), "\(listed)\n\(ours)")
            // CoordinatorId TransactionalId ProducerId ProducerEpoch TransactionState TransactionTimeoutMs
            // CurrentTransactionStartTimeMs TransactionDurationMs TopicPartitions
            let said = try await tools.rows("kafka-transactions.sh", ["describe", "--transactional-id", "open"])
            let row = try #require(said.last, "\(said)")
            try #require(row.count == 9, "\(row)")
            let mine = try #require(found.first { $0["id"] == "open" })
            #expect("\(mine["producer_epoch"]?.intValue ?? -1)" == row[3])
            #expect("\(mine["timeout_ms"]?.intValue ?? -1)" == row[5])
            #expect("\(mine["started_at"]?.intValue ?? -1)" == row[6])
            let written = Set(row[8].split(separator: ",").map(String.init))
            let partitions = Set((mine["partitions"]?.listValue ?? []).compactMap(\.stringValue))
            #expect(!partitions.isEmpty && partitions.isSubset(of: written), "\(partitions) \(written)")
        } catch {
            kill(-open.pid, SIGKILL)
            throw error
        }
        kill(-open.pid, SIGKILL)
        _ = await open.wait(within: 20)
    }
}
