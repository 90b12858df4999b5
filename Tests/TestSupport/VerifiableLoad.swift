import Values

/// Kafka's own verifiable producer (`acks=all`) and consumer at work on one topic, to prove that nothing was lost.
package struct VerifiableLoad: Sendable {
    let producer: TestProcess
    let consumer: TestProcess
    let scratch: ScratchDirectory

    package struct Account: Sendable {
        /// Values that brokers acknowledged, in order.
        package var acknowledged: [String] = []
        package var failedSends: [String] = []
        package var consumed: Set<String> = []
        /// Offsets that the consumer saw, by partition, in order.
        package var offsets: [Int64: [Int64]] = [:]

        package var lost: [String] { acknowledged.filter { !consumed.contains($0) } }

        /// Places where an offset is not the one after the one before it: a record skipped, or one read twice.
        package var gaps: [String] {
            offsets.sorted { $0.key < $1.key }.flatMap { partition, offsets in
                zip(offsets, offsets.dropFirst()).filter { $1 != $0 + 1 }.map { "\(partition): \($0) → \($1)" }
            }
        }
    }

    /// Both tools from one release; nil when it lacks them.
    package static func start(
        on cluster: RealKafkaCluster, topic: String, tools release: RealKafka.Release, perSecond: Int = 100
    ) throws -> VerifiableLoad? {
        guard let produce = release.tool("kafka-verifiable-producer.sh"),
            let consume = release.tool("kafka-verifiable-consumer.sh")
        else { return nil }
        let bootstrap = cluster.bootstrap.joined(separator: ",")
        // The tool gives up at the first error unless it is told what every application's producer does by default.
        let settings = try cluster.scratch.write(
            "retries=2147483647\nenable.idempotence=true\ndelivery.timeout.ms=120000\n", to: "producer.properties")
        return VerifiableLoad(
            producer: try TestProcess.start(
                [
                    produce, "--bootstrap-server", bootstrap, "--topic", topic, "--throughput", "\(perSecond)",
                    "--acks", "-1", "--producer.config", settings,
                ], in: cluster.scratch),
            consumer: try TestProcess.start(
                [
                    consume, "--bootstrap-server", bootstrap, "--topic", topic, "--group-id", "verify",
                    "--reset-policy", "earliest", "--verbose",
                ], in: cluster.scratch), scratch: cluster.scratch)
    }

    /// Waits until the brokers have acknowledged so many records.
    package func waitForAcknowledged(_ count: Int) async throws {
        try await poll { try account().acknowledged.count >= count }
    }

    /// Stops the producer, lets the consumer catch up, stops it, and reads both outputs.
    package func finish() async throws -> Account {
        producer.signal(15)
        _ = await producer.wait(within: 60)
        try? await poll { try account().lost.isEmpty }
        consumer.signal(15)
        _ = await consumer.wait(within: 60)
        return try account()
    }

    private func poll(_ condition: () throws -> Bool) async throws {
        for _ in 0..<240 {
            if try condition() { return }
            try await TestProcess.pause(milliseconds: 500, in: scratch)
        }
        throw ScratchDirectory.Failure(description: "the verifiable tools made no progress within two minutes")
    }

    private func account() throws -> Account {
        var account = Account()
        for line in try scratch.read(producer.stdout).split(separator: "\n") {
            guard let event = try? JSON.parse(String(line)), let value = event["value"]?.stringValue else { continue }
            switch event["name"]?.stringValue {
            case "producer_send_success": account.acknowledged.append(value)
            case "producer_send_error": account.failedSends.append(value)
            default: break
            }
        }
        for line in try scratch.read(consumer.stdout).split(separator: "\n") {
            guard let event = try? JSON.parse(String(line)), event["name"]?.stringValue == "record_data",
                let value = event["value"]?.stringValue, let partition = event["partition"]?.intValue,
                let offset = event["offset"]?.intValue
            else { continue }
            account.consumed.insert(value)
            account.offsets[partition, default: []].append(offset)
        }
        return account
    }
}

extension TestProcess {
    /// Waits for the world outside (brokers, programs), away from the test's threads.
    package static func pause(milliseconds: Int, in scratch: ScratchDirectory) async throws {
        _ = try await run(["sleep", "\(Double(milliseconds) / 1000)"], in: scratch)
    }
}
