import KafkaAdmin
import KafkaWire
import TestSupport
import Testing
import Values

/// A playbook with every action for topics, settings, records, groups, transactions, users, access rules and quotas, as a user
/// of a SASL listener runs it on a real broker.
@Suite(.serialized, .enabled(if: RealKafka.isAvailable, "OPSRUN_KAFKA is not set"), .timeLimit(.minutes(15)))
struct ActionPlaybookTests {
    static var releases: [RealKafka.Release] { Array(Set([RealKafka.lowest, RealKafka.highest].compactMap(\.self))) }

    @Test(arguments: releases) func `everything is done by a playbook, and planning it does nothing`(
        release: RealKafka.Release
    ) async throws {
        try await SurfaceWorld.with(release, hasCompanion: false) { world in
            let producer = try await prepare(world)
            let playbook = try world.scratch.write(Self.playbook(producer: producer.id), to: "everything.yml")
            let inventory = try world.scratch.write(Self.inventory(world), to: "inventory.yml")
            let opsrun = BuiltOpsrun(in: world.scratch)
            let plan = try await opsrun.run("plan", playbook, "-i", inventory)
            // Nobody is there to confirm what cannot be taken back, which the plan says.
            #expect(plan.status == 9, "\(plan.stdout)\n\(plan.stderr)")
            #expect(plan.stdout.contains("kafka.delete_records cannot be taken back"), "\(plan.stdout)")
            let untouched = try await world.reader.snapshot(topics: ["shop"], from: .any)
            #expect(untouched.topics.first?.error == .unknownTopicOrPartition)
            #expect(try await world.reader.describeScramUsers(nil).map(\.item) == ["alice"])

            let run = try await opsrun.run(playbook, "-i", inventory, "--yes", "--no-input")
            #expect(run.status == 0, "\(run.stdout)\n\(run.stderr)")
            #expect(!run.stdout.contains("payments-password") && !run.stderr.contains("payments-password"))
            // What it made it took away.
            try await world.eventually("alice is left", is: ["alice"]) {
                try await world.reader.describeScramUsers(nil).map(\.item)
            }
            try await world.eventually("no rule is left", is: []) {
                try await world.reader.describeAccessRules(.everything)
            }
            try await world.eventually("no quota is left", is: []) {
                try await world.reader.describeQuotas(QuotaFilter())
            }
            let start = try await world.reader.listOffsets(
                [TopicPartition("sales", 0)], timestamp: -2, readCommitted: false)
            #expect(try start[0].result.get().offset == 3)
        }
    }

    /// alice, who runs it; records; a transaction that hangs.
    private func prepare(_ world: SurfaceWorld) async throws -> RecordBatchBuilder.Producer {
        let alice = ScramChange(
            user: "alice", mechanism: .sha256, action: .set(password: SurfaceWorld.password, iterations: 4096))
        for item in try await world.writer.alterScramUsers([alice]) { try item.result.get() }
        try await world.canLogIn("alice", with: "SCRAM-SHA-256")
        try await world.makeTopic("sales", leaders: [1])
        try await world.makeTopic("stuck", leaders: [1])
        try await world.produce(["1", "2", "3", "4", "5"], to: TopicPartition("sales", 0))
        try world.scratch.write("payments-password\n", to: "password.txt", mode: 0o600)
        try world.scratch.write(
            """
            security.protocol=SASL_PLAINTEXT
            sasl.mechanism=SCRAM-SHA-256
            sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="alice" \
            password="geheim";

            """, to: "client.properties", mode: 0o600)
        return try await world.leaveHanging(in: TopicPartition("stuck", 0))
    }

    private static func inventory(_ world: SurfaceWorld) -> String {
        """
        all:
          vars:
            kafka_clusters:
              local:
                bootstrap: ["\(world.broker.bootstrap("SASL"))"]
                version: \(world.release.version.text)
                command_config: client.properties
          children:
            brokers:
              vars: {cluster: local, ansible_connection: local}
              hosts:
                broker-1: {broker_id: 1}

        """
    }

    private static func playbook(producer: Int64) -> String {
        """
        opsrun: 1
        name: Everything
        cluster: local
        plays:
          - hosts: localhost
            tasks:
              - kafka.create_topics: {topics: [{name: shop, partitions: 2, replication_factor: 1}]}
                register: shop
              - assert: {that: ["shop.created[0].name == 'shop'", "shop.created | length == 1"]}
              - kafka.create_partitions: {topics: [{name: shop, partitions: 3}]}
              - kafka.alter_topic_configs: {changes: [{topic: shop, set: {retention.ms: 3600000}}]}
                register: changed
              - assert: {that: ["changed.changed", "changed.previous[0].remove == ['retention.ms']"]}
              - kafka.diff_configs: {resource: topic, name: shop, set: {retention.ms: 1, segment.bytes: 2147483648}}
                register: difference
              - assert: {that: ["difference.dynamic == ['retention.ms']", "difference.invalid[0].name == 'segment.bytes'"]}
              - kafka.diff_configs: {resource: topic, name: shop, like: sales}
                register: likeness
              - assert: {that: ["likeness.dynamic == ['retention.ms']", "likeness.added == []"]}
              - kafka.alter_configs: {resource: broker, scope: every, set: {log.cleaner.threads: 2}}
                register: cleaners
              - assert: {that: ["cleaners.changed", "cleaners.previous_of_brokers[0].remove == ['log.cleaner.threads']"]}
              - kafka.alter_configs: {resource: broker, name: "{{ item.name }}", set: "{{ item.set }}", remove: "{{ item.remove }}"}
                loop: "{{ cleaners.previous_of_brokers }}"
              - kafka.describe_log_dirs: {stray: true}
                register: disks
              - assert: {that: ["disks.stray == []"]}
              - kafka.describe_hot_partitions: {topics: [sales], over: 1s}
                register: hot
              - assert: {that: ["hot.partitions[0].topic == 'sales'", "hot.skew is none"]}
              - kafka.delete_configs: {resource: topic, name: shop}
                register: deleted
              - assert: {that: ["deleted.changed"]}
              - kafka.list_offsets: {topics: [sales, shop]}
                register: ends
              - assert: {that: ["ends.records_upper_bound == 5", "ends.offsets | length == 4"]}
              - kafka.describe_traffic: {topics: [sales], over: 1s}
                register: traffic
              - assert: {that: ["traffic.topics_written == []"]}

              - kafka.alter_group_offsets:
                  group: payments
                  offsets: [{topic: sales, partition: 0, offset: 4}]
                  on_unknown: create
              - kafka.describe_groups: {groups: [payments, paymnets], partitions: true, age: true, over: 1s, must_exist: false}
                register: readers
              - assert: {that: ["readers.lag_total == 1", "readers.groups[0].state == 'Empty'", "readers.slowest == 'payments'"]}
              - assert: {that: ["readers.topics == ['sales']", "readers.missing == ['paymnets']", "readers.nearest == ['payments']"]}
              - assert: {that: ["readers.lag_rate == 0.0", "readers.max_age is not none and readers.max_age < ('1h' | duration)"]}
              - kafka.describe_traffic: {topics: [sales], since: "2020-01-01T00:00:00Z"}
                register: since
              - assert: {that: ["since.topics_written == ['sales']", "since.groups_consuming == ['payments']"]}
              - kafka.reset_group_offsets: {group: payments, to: earliest, rewind: true}
                register: back
              - assert: {that: ["back.previous[0].offset == 4"]}
              - kafka.reset_group_offsets: {group: payments, to: shift, shift: 2}
              - kafka.delete_records: {offsets: [{topic: sales, partition: 0, offset: 3}]}
                register: cut
              - assert: {that: ["cut.low_watermarks[0].offset == 3"]}
              - kafka.delete_groups: {groups: [payments]}
                register: gone
              - assert: {that: ["gone.previous.payments[0].offset == 2"]}

              - kafka.list_transactions: {hanging: true, topics: [stuck, sales], older_than: 0s}
                register: hanging
              - assert: {that: ["not hanging.passes", "hanging.partitions[0].producer_id == \(producer)"]}
              - kafka.abort_transaction: {topic: stuck, partition: 0, producer_id: \(producer), unlisted: true}
                register: aborted
              - assert: {that: ["aborted.changed"]}
              - kafka.list_transactions: {hanging: true, topics: [stuck], older_than: 0s}
                register: free
              - assert: {that: ["free.passes"]}

              - kafka.set_user: {name: payments, mechanism: SCRAM-SHA-256, password: {secret: "file:password.txt"}}
                register: user
              - assert: {that: ["user.created"]}
              - kafka.probe_login: {name: payments, mechanism: SCRAM-SHA-256, password: {secret: "file:password.txt"}}
                register: login
                until: result.authenticated
                retries: 60
                delay: 1s
              - assert: {that: ["login.authenticated"]}
              - kafka.probe_login: {name: nobody, mechanism: SCRAM-SHA-256, password: {secret: "file:password.txt"}}
                register: stranger
              - assert: {that: ["not stranger.authenticated"]}
              - kafka.describe_users: {names: [payments]}
                register: users
              - assert: {that: ["users.users[0].iterations == 8192"]}

              - kafka.create_acls:
                  rules: [{principal: "User:payments", role: consumer, topics: [sales], groups: [payments]}]
                register: made
              - assert: {that: ["made.bindings | length == 3"]}
              - kafka.describe_acls: {principal: "User:payments", resource: group}
                register: rights
              - assert: {that: ["rights.authorizer_enabled", "rights.current | length == 1"]}
              - kafka.delete_acls: {bindings: "{{ made.bindings }}"}
              - kafka.create_acls:
                  rules:
                    - {principal: "User:writer", role: producer, topics: [sales]}
                    - {principal: "User:mirror", role: producer, topics: [mm2-offset-syncs.dr.internal, sales]}
                register: writers
              - kafka.fence_producers: {except: [mirror, super_users]}
                register: fence
              - assert: {that: ["fence.writers == ['User:writer']", "fence.denied | length == 1"]}
              - kafka.unfence_producers: {denied: "{{ fence.denied }}"}
              - kafka.delete_acls: {bindings: "{{ writers.bindings }}"}
              - kafka.alter_quotas: {user: payments, values: {producer_byte_rate: 1000000}}
              - kafka.describe_quotas: {user: payments}
                register: limits
              - assert: {that: ["limits.quotas | length == 1"]}
              - kafka.alter_quotas: {user: payments, values: {producer_byte_rate: null}}
              - kafka.delete_user: payments
              - kafka.delete_topics: {topics: [shop], only_created_by: "{{ shop }}"}

        """
    }
}
