import EventLoop
import TestSupport
import Testing
import Values

@testable import SimulatedKafka

/// Strangers' clients write and read through the embedded cluster's sockets: every codec, idempotent and in transactions, in
/// groups whose offsets are committed and described.
///
/// A client that is not installed is skipped (`scripts/setup test` installs them).
@Suite(.serialized)
struct ClientsAgainstSimulatorTests {
    private static let patience: Duration = .seconds(300)
    private static let python = ForeignClients.python

    private func withServer<Success: Sendable>(
        _ version: String, _ body: (SimulatedServer) async throws -> Success
    ) async throws -> Success {
        let topics = [
            SimulatedClusterConfiguration.Topic(name: "work", partitions: 2, replicationFactor: 3, ingest: ByteCount(0))
        ]
        let configuration = try SimulatedClusterConfiguration.three(version, topics: topics) {
            $0.initialRebalanceDelay = .milliseconds(100)
        }
        return try await SimulatedServer.with(SimulatedCluster(configuration), body)
    }

    private func outcome(
        _ program: String, _ arguments: [String], input: String = ""
    ) async -> ProcessOutcome {
        var environment = ["KAFKA_HEAP_OPTS": "-Xmx128m"]
        for name in ["PATH", "HOME", "JAVA_HOME", "LANG"] { environment[name] = TestEnvironment[name] }
        return await ChildProcess.run(
            ProcessRequest(
                program: program, arguments: arguments, environment: environment, input: Array(input.utf8),
                timeout: Self.patience))
    }

    private func run(_ program: String, _ arguments: [String], input: String = "") async -> String {
        let outcome = await outcome(program, arguments, input: input)
        let output = String(decoding: outcome.stdout, as: UTF8.self)
        #expect(
            outcome.succeeded,
            "\(program): \(outcome.exit)\n\(output)\n\(String(decoding: outcome.stderr, as: UTF8.self))")
        return output
    }

    /// What every script prints when all went well.
    private func check(_ text: String, _ server: SimulatedServer, group: String) {
        #expect(text.contains("administered already exists, 60000, 5, gone"), "\(text)")
        #expect(text.contains("read 16 committed"), "\(text)")
        #expect(text.contains("described Stable"), "\(text)")
        #expect(text.contains("offset 16"), "\(text)")
        let effects = server.cluster.ledger.entries.map(\.effect)
        #expect(effects.contains { if case .offsetsCommitted(group, _) = $0 { true } else { false } })
        #expect(effects.contains { if case .transactionEnded(_, true) = $0 { true } else { false } })
        #expect(effects.contains { if case .transactionEnded(_, false) = $0 { true } else { false } })
        #expect(!effects.contains { if case .notSimulated = $0 { true } else { false } })
    }

    @Test(
        "kafka-python makes, alters and deletes a topic, writes, reads, commits and describes",
        .enabled("kafka-python is not installed") { try await ForeignClients.has(pythonModule: "kafka") },
        arguments: ["3.9.2", "4.3.1"])
    func kafkaPython(version: String) async throws {
        try await withServer(version) { server in
            let text = await run(Self.python, ["-c", Self.kafkaPythonScript, server.bootstrap])
            check(text, server, group: "readers")
        }
    }

    @Test(
        "confluent-kafka (librdkafka) makes, alters and deletes a topic, writes, reads, commits and describes, with both group protocols",
        .enabled("confluent-kafka is not installed") {
            try await ForeignClients.has(pythonModule: "confluent_kafka")
        },
        arguments: [("3.9.2", "classic"), ("4.3.1", "classic"), ("4.3.1", "consumer")])
    func confluentKafka(version: String, groups: String) async throws {
        try await withServer(version) { server in
            let text = await run(Self.python, ["-c", Self.confluentScript, server.bootstrap, groups])
            check(text, server, group: "readers")
        }
    }

    @Test(
        "aiokafka makes, alters and deletes a topic, writes, reads, commits and describes",
        .enabled("aiokafka is not installed") { try await ForeignClients.has(pythonModule: "aiokafka") },
        arguments: ["3.9.2", "4.3.1"])
    func aiokafka(version: String) async throws {
        try await withServer(version) { server in
            let text = await run(Self.python, ["-c", Self.aiokafkaScript, server.bootstrap])
            check(text, server, group: "readers")
        }
    }

    @Test(
        "kcat writes with every codec and reads",
        .enabled("kcat is not installed") { try await ForeignClients.hasKcat() }, arguments: ["3.9.2", "4.3.1"])
    func kcat(version: String) async throws {
        try await withServer(version) { server in
            for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
                _ = await run(
                    "kcat",
                    ["-b", server.bootstrap, "-t", "work", "-p", "0", "-P", "-X", "compression.codec=\(codec)"],
                    input: "\(codec)-1\n\(codec)-2\n")
            }
            let text = await run(
                "kcat",
                ["-b", server.bootstrap, "-t", "work", "-p", "0", "-C", "-o", "beginning", "-e", "-q", "-f", "%o %s\n"])
            #expect(text.split(separator: "\n").count == 10)
            #expect(text.contains("9 zstd-2"))
        }
    }

    /// Over TLS, logged in as alice, whom the rules let do everything with `work`.
    private func withSecuredServer(_ body: (SimulatedServer, String) async throws -> Void) async throws {
        let topics = [
            SimulatedClusterConfiguration.Topic(name: "work", partitions: 2, replicationFactor: 3, ingest: ByteCount(0))
        ]
        let configuration = try SimulatedClusterConfiguration.three("4.3.1", topics: topics) {
            $0.listeners = [.init("SASL_SSL", .saslSSL, mechanisms: SaslMechanism.allCases)]
            $0.users = ["alice": "geheim", "bob": "secret"]
            $0.hasAuthorizer = true
            $0.superUsers = ["User:alice"]
        }
        let certificates = try MadeCertificates()
        try await ScratchDirectory.with { scratch in
            let authority = try scratch.write(certificates.authority, to: "ca.pem")
            try await SimulatedServer.with(SimulatedCluster(configuration), certificates: certificates) { server in
                try await body(server, authority)
            }
        }
    }

    @Test(
        "kcat writes and reads over SASL_SSL by every mechanism; who has no right is refused",
        .enabled("kcat is not installed") { try await ForeignClients.hasKcat() })
    func kcatSecured() async throws {
        try await withSecuredServer { server, authority in
            func options(_ mechanism: String, _ user: String, _ password: String) -> [String] {
                let login =
                    mechanism == "OAUTHBEARER"
                    ? ["enable.sasl.oauthbearer.unsecure.jwt=true", "sasl.oauthbearer.config=principal=\(user)"]
                    : ["sasl.username=\(user)", "sasl.password=\(password)"]
                let settings = [
                    "security.protocol=sasl_ssl", "ssl.ca.location=\(authority)", "sasl.mechanism=\(mechanism)",
                    "topic.message.timeout.ms=60000",
                ]
                return ["-b", server.bootstrap, "-t", "work", "-p", "0"] + (settings + login).flatMap { ["-X", $0] }
            }
            for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] {
                _ = await run("kcat", options(mechanism, "alice", "geheim") + ["-P"], input: "\(mechanism)\n")
            }
            let text = await run(
                "kcat", options("PLAIN", "alice", "geheim") + ["-C", "-o", "beginning", "-e", "-q", "-f", "%o %s\n"])
            #expect(text == "0 PLAIN\n1 SCRAM-SHA-256\n2 SCRAM-SHA-512\n3 OAUTHBEARER\n")
            let refused = await outcome("kcat", options("PLAIN", "bob", "secret") + ["-P"], input: "no\n")
            #expect(String(decoding: refused.stderr, as: UTF8.self).contains("authorization failed"))
            let wrong = await outcome("kcat", options("SCRAM-SHA-256", "alice", "falsch") + ["-L"])
            #expect(!wrong.succeeded)
        }
    }

    @Test(
        "kafka-python logs in over SASL_SSL",
        .enabled("kafka-python is not installed") { try await ForeignClients.has(pythonModule: "kafka") },
        arguments: ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
    func kafkaPythonSecured(mechanism: String) async throws {
        try await withSecuredServer { server, authority in
            let text = await run(
                Self.python, ["-c", Self.securedScript, server.bootstrap, authority, mechanism])
            #expect(text.contains("topics ['work']"), "\(text)")
            #expect(text.contains("read secured"), "\(text)")
        }
    }

    @Test(
        "Kafka's own tools write, read, and describe groups",
        .enabled(if: RealKafka.isAvailable, "OPSRUN_KAFKA is not set"))
    func tools() async throws {
        let release = try #require(RealKafka.highest)
        let producer = try #require(release.tool("kafka-console-producer.sh"))
        let consumer = try #require(release.tool("kafka-console-consumer.sh"))
        let groups = try #require(release.tool("kafka-consumer-groups.sh"))
        try await withServer("4.3.1") { server in
            let base = ["--bootstrap-server", server.bootstrap]
            _ = await run(
                producer, base + ["--topic", "work", "--compression-codec", "zstd"], input: "one\ntwo\nthree\n")
            let text = await run(
                consumer,
                base + ["--topic", "work", "--group", "shell", "--from-beginning", "--max-messages", "3"])
            #expect(Set(text.split(separator: "\n")) == ["one", "two", "three"])
            let described = await run(groups, base + ["--describe", "--group", "shell"])
            #expect(described.contains("work"))
            #expect(await run(groups, base + ["--list"]).contains("shell"))
        }
    }

    // MARK: Scripts

    private static let kafkaPythonScript = """
        import sys
        from kafka import KafkaProducer, KafkaConsumer, TopicPartition
        from kafka.admin import ConfigResource, KafkaAdminClient, NewPartitions, NewTopic
        from kafka.errors import TopicAlreadyExistsError
        servers = sys.argv[1].split(',')
        admin = KafkaAdminClient(bootstrap_servers=servers)
        admin.create_topics([NewTopic('made', 3, 2)])
        try:
            admin.create_topics([NewTopic('made', 3, 2)])
        except TopicAlreadyExistsError:
            twice = 'already exists'
        admin.alter_configs([ConfigResource('TOPIC', 'made', {'retention.ms': '60000'})], incremental=True)
        found = admin.describe_configs([ConfigResource('TOPIC', 'made')])
        admin.create_partitions({'made': NewPartitions(5)})
        described = admin.describe_topics(['made'])[0]['partitions']
        admin.delete_topics(['made'])
        left = 'there' if 'made' in admin.list_topics() else 'gone'
        retention = found['topic']['made']['retention.ms']['value']
        print(f'administered {twice}, {retention}, {len(described)}, {left}')
        for number, codec in enumerate([None, 'gzip', 'snappy', 'lz4', 'zstd']):
            try:
                producer = KafkaProducer(
                    bootstrap_servers=servers, compression_type=codec, enable_idempotence=number % 2 == 0, acks='all')
            except AssertionError:
                producer = KafkaProducer(bootstrap_servers=servers)
            for i in range(3):
                producer.send('work', f'{codec}-{i}'.encode(), partition=0).get(30)
            producer.close()
        producer = KafkaProducer(bootstrap_servers=servers, transactional_id='writer')
        producer.init_transactions()
        producer.begin_transaction()
        producer.send('work', b'committed', partition=0)
        producer.commit_transaction()
        producer.begin_transaction()
        producer.send('work', b'aborted', partition=0)
        producer.flush()
        producer.abort_transaction()
        producer.close()
        consumer = KafkaConsumer(
            'work', bootstrap_servers=servers, group_id='readers', auto_offset_reset='earliest',
            isolation_level='read_committed', consumer_timeout_ms=30000, enable_auto_commit=False)
        seen = []
        for message in consumer:
            seen.append(message.value.decode())
            if seen[-1] == 'committed':
                break
        print('read', len(seen), seen[-1])
        consumer.commit()
        print('described', admin.describe_groups(['readers'])['readers']['group_state'])
        offsets = admin.list_group_offsets('readers')['readers']
        print('offset', offsets[TopicPartition('work', 0)].offset)
        consumer.close()
        """

    private static let confluentScript = """
        import sys
        from confluent_kafka import Producer, Consumer, ConsumerGroupTopicPartitions, TopicPartition
        from confluent_kafka import KafkaError, KafkaException
        from confluent_kafka.admin import (
            AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic)
        servers, protocol = sys.argv[1:3]
        admin = AdminClient({'bootstrap.servers': servers})
        def done(futures):
            return [future.result(30) for future in futures.values()]
        done(admin.create_topics([NewTopic('made', 3, 2)]))
        try:
            done(admin.create_topics([NewTopic('made', 3, 2)]))
        except KafkaException as error:
            twice = 'already exists' if error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS else error
        entry = ConfigEntry('retention.ms', '60000', incremental_operation=AlterConfigOpType.SET)
        done(admin.incremental_alter_configs([ConfigResource('topic', 'made', incremental_configs=[entry])]))
        retention = done(admin.describe_configs([ConfigResource('topic', 'made')]))[0]['retention.ms'].value
        done(admin.create_partitions([NewPartitions('made', 5)]))
        parts = len(admin.list_topics('made', timeout=30).topics['made'].partitions)
        done(admin.delete_topics(['made']))
        left = 'there' if 'made' in admin.list_topics(timeout=30).topics else 'gone'
        print(f'administered {twice}, {retention}, {parts}, {left}')
        for number, codec in enumerate(['none', 'gzip', 'snappy', 'lz4', 'zstd']):
            producer = Producer({
                'bootstrap.servers': servers, 'compression.type': codec, 'enable.idempotence': number % 2 == 0})
            for i in range(3):
                producer.produce('work', f'{codec}-{i}' * 20, partition=0)
            assert producer.flush(30) == 0
        producer = Producer({'bootstrap.servers': servers, 'transactional.id': 'writer'})
        producer.init_transactions(30)
        producer.begin_transaction()
        producer.produce('work', 'committed', partition=0)
        producer.commit_transaction(30)
        producer.begin_transaction()
        producer.produce('work', 'aborted', partition=0)
        producer.flush(30)
        producer.abort_transaction(30)
        consumer = Consumer({
            'bootstrap.servers': servers, 'group.id': 'readers', 'auto.offset.reset': 'earliest',
            'isolation.level': 'read_committed', 'enable.auto.commit': False, 'group.protocol': protocol})
        consumer.subscribe(['work'])
        seen = []
        for _ in range(100):
            message = consumer.poll(0.5)
            if message is None or message.error():
                continue
            seen.append(message.value().decode())
            if seen[-1] == 'committed':
                break
        print('read', len(seen), seen[-1])
        consumer.commit(asynchronous=False)
        producer.begin_transaction()
        producer.send_offsets_to_transaction(
            [TopicPartition('work', 1, 0)], consumer.consumer_group_metadata(), 30)
        producer.commit_transaction(30)
        described = admin.describe_consumer_groups(['readers'])['readers'].result(30)
        print('described', described.state.name.capitalize())
        offsets = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions('readers')])['readers'].result(30)
        print('offset', max(part.offset for part in offsets.topic_partitions))
        consumer.close()
        """

    private static let securedScript = """
        import sys
        from kafka import KafkaProducer, KafkaConsumer
        settings = dict(
            bootstrap_servers=sys.argv[1].split(','), security_protocol='SASL_SSL', ssl_cafile=sys.argv[2],
            sasl_mechanism=sys.argv[3], sasl_plain_username='alice', sasl_plain_password='geheim')
        producer = KafkaProducer(**settings)
        producer.send('work', b'secured', partition=0).get(30)
        producer.close()
        consumer = KafkaConsumer('work', auto_offset_reset='earliest', consumer_timeout_ms=30000, **settings)
        print('topics', sorted(t for t in consumer.topics() if not t.startswith('__')))
        for message in consumer:
            print('read', message.value.decode())
            break
        consumer.close()
        """

    private static let aiokafkaScript = """
        import asyncio, sys
        from aiokafka import AIOKafkaProducer, AIOKafkaConsumer, TopicPartition
        from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
        from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
        async def main(servers):
            admin = AIOKafkaAdminClient(bootstrap_servers=servers)
            await admin.start()
            codes = [(await admin.create_topics([NewTopic('made', 3, 2)])).topic_errors[0][1] for _ in range(2)]
            twice = 'already exists' if codes == [0, 36] else codes
            change = ConfigResource(ConfigResourceType.TOPIC, 'made', configs={'retention.ms': '60000'})
            await admin.alter_configs([change])
            found = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, 'made')])
            retention = [entry[1] for entry in found[0].resources[0][4] if entry[0] == 'retention.ms'][0]
            await admin.create_partitions({'made': NewPartitions(5)})
            parts = len((await admin.describe_topics(['made']))[0]['partitions'])
            await admin.delete_topics(['made'])
            left = 'there' if 'made' in await admin.list_topics() else 'gone'
            print(f'administered {twice}, {retention}, {parts}, {left}')
            for number, codec in enumerate([None, 'gzip', 'snappy', 'lz4', 'zstd']):
                try:
                    producer = AIOKafkaProducer(
                        bootstrap_servers=servers, compression_type=codec, enable_idempotence=number % 2 == 0)
                except RuntimeError:
                    producer = AIOKafkaProducer(bootstrap_servers=servers)
                await producer.start()
                for i in range(3):
                    await producer.send_and_wait('work', f'{codec}-{i}'.encode(), partition=0)
                await producer.stop()
            producer = AIOKafkaProducer(bootstrap_servers=servers, transactional_id='writer')
            await producer.start()
            async with producer.transaction():
                await producer.send_and_wait('work', b'committed', partition=0)
            await producer.begin_transaction()
            await producer.send_and_wait('work', b'aborted', partition=0)
            await producer.abort_transaction()
            await producer.stop()
            consumer = AIOKafkaConsumer(
                'work', bootstrap_servers=servers, group_id='readers', auto_offset_reset='earliest',
                isolation_level='read_committed', enable_auto_commit=False)
            await consumer.start()
            seen = []
            while not seen or seen[-1] != 'committed':
                seen.append((await asyncio.wait_for(consumer.getone(), 30)).value.decode())
            print('read', len(seen), seen[-1])
            await consumer.commit()
            described = await admin.describe_consumer_groups(['readers'])
            print('described', described[0].groups[0][2])
            offsets = await admin.list_consumer_group_offsets('readers')
            print('offset', offsets[TopicPartition('work', 0)].offset)
            await consumer.stop()
            await admin.close()
        asyncio.run(main(sys.argv[1]))
        """
}
