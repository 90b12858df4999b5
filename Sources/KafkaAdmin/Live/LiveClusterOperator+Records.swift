import EventLoop
import KafkaWire
import Values

extension LiveClusterOperator {
    /// One record in the first partition of a topic, in all replicas that are in sync when it returns. A topic that is not
    /// there is not made.
    package func append(_ value: [UInt8], key: [UInt8]?, to topic: String) async throws(KafkaError) {
        let call = timed
        let partition = TopicPartition(topic, 0)
        let view = try await call.reader.snapshot(topics: [topic], from: .any)
        // From v13 on a topic is named by its id alone.
        let id = view.topics.first { $0.name == topic }?.id ?? .zero
        let batch: [UInt8]
        do throws(WireError) {
            var builder = RecordBatchBuilder()
            try builder.append(key: key, value: value, timestamp: time.sinceEpoch.milliseconds)
            batch = try builder.build()
        } catch {
            throw KafkaError(.configuration, "a record for \(topic) cannot be written: \(error)", api: .produce)
        }
        let results = await call.leaders.results(for: [partition], .produce) {
            leader, _ throws(KafkaError) in
            let request = ProduceRequest(
                acks: -1, timeoutMs: 0,
                topicData: [.init(name: topic, topicId: id, partitionData: [.init(index: 0, records: batch)])])
            var found: [TopicPartition: Result<Void, KafkaError>] = [:]
            for item in try await call.write(request, to: leader).responses.flatMap(\.partitionResponses) {
                found[partition] =
                    item.errorCode.isError
                    ? .failure(.answered(item.errorCode, api: .produce, about: "\(partition)", kind: .write))
                    : .success(())
            }
            return found
        }
        for result in results { try result.result.get() }
    }
}
