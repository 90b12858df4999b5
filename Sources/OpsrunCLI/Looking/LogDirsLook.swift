internal import KafkaAdmin
package import Values

/// `opsrun log-dirs [BROKER…]`: what each broker's disks hold.
package struct LogDirsLook: LookModel {
    struct Broker: Sendable {
        var id: Int32
        var directories: [LogDirectory]
        var problem: String?
    }

    private let brokers: [Broker]

    package static let schema = RecordType([
        .init(
            "brokers",
            .records(
                of:
                    .init("broker", .int), .init("problem", .optional(.string), "why it did not tell"),
                .init(
                    "log_dirs",
                    .records(
                        of:
                            .init("path", .string), .init("problem", .optional(.string), "why it is offline"),
                        .init("total_bytes", .optional(.int), "of the volume; null before 3.3"),
                        .init("usable_bytes", .optional(.int), "free for Kafka; null before 3.3"),
                        .init("cordoned", .optional(.bool), "takes no new replicas; null before 4.3"),
                        .init("size_bytes", .int, "of all its replicas"),
                        .init(
                            "replicas",
                            .records(
                                of:
                                    .init("topic", .string), .init("partition", .int), .init("size_bytes", .int),
                                .init("offset_lag", .int, "behind the high watermark, or the current replica's end"),
                                .init("future", .bool, "on its way from another directory")),
                            "by topic and number")), "by path")), "by id")
    ])

    static func read(_ names: [String], _ reader: any ClusterReader) async throws(LookFailure) -> LogDirsLook {
        let ids = try await BrokerNames.read(names, reader)
        let answers: [ItemResult<Int32, [LogDirectory]>]
        do throws(KafkaError) { answers = try await reader.describeLogDirs(brokers: ids) } catch {
            throw LookFailure(error, "the log directories cannot be described")
        }
        var brokers: [Broker] = []
        for answer in answers {
            switch answer.result {
            case .success(let directories):
                let sorted = directories.map { directory in
                    var directory = directory
                    directory.replicas.sort { $0.partition < $1.partition }
                    return directory
                }
                brokers.append(Broker(id: answer.item, directories: sorted.sorted { $0.path < $1.path }))
            case .failure(let error):
                if answers.count == 1 {
                    throw LookFailure(error, "the log directories of broker \(answer.item) cannot be described")
                }
                brokers.append(Broker(id: answer.item, directories: [], problem: error.message))
            }
        }
        return LogDirsLook(brokers: brokers.sorted { $0.id < $1.id })
    }

    package var problems: [String] {
        brokers.compactMap { broker in broker.problem.map { "broker \(broker.id) does not tell: \($0)" } }
    }

    private static func size(_ directory: LogDirectory) -> Int64 {
        directory.replicas.reduce(0) { $0 &+ max(0, $1.size) }
    }

    package var document: ValueMap {
        [
            "brokers": .list(
                brokers.map { broker in
                    [
                        "broker": .int(Int64(broker.id)), "problem": .orNull(broker.problem),
                        "log_dirs": .list(broker.directories.map(Self.value)),
                    ]
                })
        ]
    }

    private static func value(_ directory: LogDirectory) -> Value {
        [
            "path": .string(directory.path), "problem": .orNull(directory.problem),
            "total_bytes": .orNull(directory.totalBytes), "usable_bytes": .orNull(directory.usableBytes),
            "cordoned": .orNull(directory.isCordoned), "size_bytes": .int(size(directory)),
            "replicas": .list(
                directory.replicas.map { replica in
                    [
                        "topic": .string(replica.partition.topic),
                        "partition": .int(Int64(replica.partition.partition)), "size_bytes": .int(replica.size),
                        "offset_lag": .int(replica.offsetLag), "future": .bool(replica.isFuture),
                    ]
                }),
        ]
    }

    package var tables: [LookTable] {
        var rows: [[String]] = []
        var replicas: [[String]] = []
        for broker in brokers {
            if let problem = broker.problem { rows.append(["\(broker.id)", "-", "", "", "", "", problem]) }
            for directory in broker.directories {
                rows.append([
                    "\(broker.id)", directory.path, "\(directory.replicas.count)",
                    LookCells.bytes(Self.size(directory)),
                    LookCells.bytes(directory.usableBytes), LookCells.bytes(directory.totalBytes),
                    directory.problem ?? (directory.isCordoned == true ? "cordoned" : "online"),
                ])
                for replica in directory.replicas {
                    replicas.append([
                        "\(broker.id)", directory.path, "\(replica.partition)",
                        LookCells.bytes(replica.size), "\(replica.offsetLag)", LookCells.yes(replica.isFuture),
                    ])
                }
            }
        }
        return [
            LookTable(
                columns: [
                    .init("BROKER", number: true), .init("DIRECTORY"), .init("REPLICAS", number: true),
                    .init("SIZE", number: true), .init("USABLE", number: true), .init("TOTAL", number: true),
                    .init("STATE"),
                ], rows: rows, whenEmpty: "no brokers"),
            LookTable(
                "Replicas",
                columns: [
                    .init("BROKER", number: true), .init("DIRECTORY"), .init("PARTITION"), .init("SIZE", number: true),
                    .init("LAG", number: true), .init("FUTURE"),
                ], rows: replicas, isWide: true),
        ]
    }

    package var names: [String] {
        brokers.flatMap { broker in broker.directories.map { "\(broker.id):\($0.path)" } }
    }
}
