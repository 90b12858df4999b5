import KafkaWire

/// The versions of every API in every release line of KRaft's time, as brokers and controllers advertise them.
///
/// From Kafka's message definitions of each release; versions that are unstable in a release are left out, as a broker
/// does, and so are the telemetry APIs, which are only there with a plugin. Compared with real 3.9.2, 4.1.2 and 4.3.1.
enum APITable {
    /// Where an API is served.
    enum Place {
        case broker, controller, both
    }

    struct Row {
        let key: APIKey
        let place: Place
        /// One range for each of `lines`; nil where the line does not have the API.
        let ranges: [ClosedRange<Int16>?]

        /// `ranges` in the order of `lines`: `0-9`, or `-` for none.
        init(_ key: Int16, _ place: Place, _ ranges: String) {
            self.key = APIKey(rawValue: key)
            self.place = place
            self.ranges = ranges.split(separator: " ").map { text in
                let ends = text.split(separator: "-").compactMap { Int16($0) }
                guard ends.count == 2, ends[0] <= ends[1] else { return nil }
                return ends[0]...ends[1]
            }
        }
    }

    /// The release lines that have a column: 3.3 to 3.9, then 4.0 to 4.3.
    static let lines: [(major: Int, minor: Int)] =
        (3...9).map { (3, $0) } + (0...3).map { (4, $0) }

    /// What a broker hands on to the active controller: it advertises what both of them speak.
    static let forwarded: Set<APIKey> = [
        .createTopics, .deleteTopics, .createAcls, .deleteAcls, .alterConfigs, .createPartitions,
        .createDelegationToken, .renewDelegationToken, .expireDelegationToken, .electLeaders,
        .incrementalAlterConfigs, .alterPartitionReassignments, .listPartitionReassignments, .alterClientQuotas,
        .alterUserScramCredentials, .describeQuorum, .updateFeatures, .unregisterBroker, .addRaftVoter,
        .removeRaftVoter,
    ]

    /// What is not simulated, and so not advertised: what brokers ask the coordinators of share groups' state.
    static let notAnswered: Set<APIKey> = Set((Int16(83)...87).map { APIKey(rawValue: $0) })

    static let byKey = Dictionary(rows.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })

    static let rows: [Row] = [
        Row(0, .broker, "0-9 0-9 0-9 0-9 0-10 0-11 0-11 3-12 3-13 3-13 3-13"),
        Row(1, .both, "0-13 0-13 0-15 0-15 0-16 0-16 0-17 4-17 4-18 4-18 4-18"),
        Row(2, .broker, "0-7 0-7 0-8 0-8 0-8 0-8 0-9 1-10 1-10 1-11 1-11"),
        Row(3, .broker, "0-12 0-12 0-12 0-12 0-12 0-12 0-12 0-13 0-13 0-13 0-13"),
        Row(7, .controller, "0-3 0-3 0-3 0-3 0-3 0-3 0-3 - - - -"),
        Row(8, .broker, "0-8 0-8 0-8 0-8 0-9 0-9 0-9 2-9 2-9 2-10 2-10"),
        Row(9, .broker, "0-8 0-8 0-8 0-8 0-9 0-9 0-9 1-9 1-9 1-10 1-10"),
        Row(10, .broker, "0-4 0-4 0-4 0-4 0-4 0-5 0-6 0-6 0-6 0-6 0-6"),
        Row(11, .broker, "0-9 0-9 0-9 0-9 0-9 0-9 0-9 0-9 0-9 0-9 0-9"),
        Row(12, .broker, "0-4 0-4 0-4 0-4 0-4 0-4 0-4 0-4 0-4 0-4 0-4"),
        Row(13, .broker, "0-5 0-5 0-5 0-5 0-5 0-5 0-5 0-5 0-5 0-5 0-5"),
        Row(14, .broker, "0-5 0-5 0-5 0-5 0-5 0-5 0-5 0-5 0-5 0-5 0-5"),
        Row(15, .broker, "0-5 0-5 0-5 0-5 0-5 0-5 0-5 0-6 0-6 0-6 0-6"),
        Row(16, .broker, "0-4 0-4 0-4 0-4 0-4 0-5 0-5 0-5 0-5 0-5 0-5"),
        Row(17, .both, "0-1 0-1 0-1 0-1 0-1 0-1 0-1 0-1 0-1 0-1 0-1"),
        Row(18, .both, "0-3 0-3 0-3 0-3 0-3 0-3 0-4 0-4 0-4 0-4 0-4"),
        Row(19, .both, "0-7 0-7 0-7 0-7 0-7 0-7 0-7 2-7 2-7 2-7 2-7"),
        Row(20, .both, "0-6 0-6 0-6 0-6 0-6 0-6 0-6 1-6 1-6 1-6 1-6"),
        Row(21, .broker, "0-2 0-2 0-2 0-2 0-2 0-2 0-2 0-2 0-2 0-2 0-2"),
        Row(22, .broker, "0-4 0-4 0-4 0-4 0-4 0-5 0-5 0-5 0-5 0-5 0-5"),
        Row(23, .broker, "0-4 0-4 0-4 0-4 0-4 0-4 0-4 2-4 2-4 2-4 2-4"),
        Row(24, .broker, "0-3 0-3 0-3 0-4 0-4 0-5 0-5 0-5 0-5 0-5 0-5"),
        Row(25, .broker, "0-3 0-3 0-3 0-3 0-3 0-4 0-4 0-4 0-4 0-4 0-4"),
        Row(26, .broker, "0-3 0-3 0-3 0-3 0-3 0-4 0-4 0-5 0-5 0-5 0-5"),
        Row(27, .broker, "0-1 0-1 0-1 0-1 0-1 0-1 0-1 1-1 1-1 1-2 1-2"),
        Row(28, .broker, "0-3 0-3 0-3 0-3 0-3 0-4 0-4 0-5 0-5 0-5 0-5"),
        Row(29, .both, "0-3 0-3 0-3 0-3 0-3 0-3 0-3 1-3 1-3 1-3 1-3"),
        Row(30, .both, "0-3 0-3 0-3 0-3 0-3 0-3 0-3 1-3 1-3 1-3 1-3"),
        Row(31, .both, "0-3 0-3 0-3 0-3 0-3 0-3 0-3 1-3 1-3 1-3 1-3"),
        Row(32, .both, "0-4 0-4 0-4 0-4 0-4 0-4 0-4 1-4 1-4 1-4 1-4"),
        Row(33, .both, "0-2 0-2 0-2 0-2 0-2 0-2 0-2 0-2 0-2 0-2 0-2"),
        Row(34, .broker, "0-2 0-2 0-2 0-2 0-2 0-2 0-2 1-2 1-2 1-2 1-2"),
        Row(35, .broker, "0-4 0-4 0-4 0-4 0-4 0-4 0-4 1-4 1-4 1-4 1-5"),
        Row(36, .both, "0-2 0-2 0-2 0-2 0-2 0-2 0-2 0-2 0-2 0-2 0-2"),
        Row(37, .both, "0-3 0-3 0-3 0-3 0-3 0-3 0-3 0-3 0-3 0-3 0-3"),
        Row(38, .both, "0-3 0-3 0-3 0-3 0-3 0-3 0-3 1-3 1-3 1-3 1-3"),
        Row(39, .both, "0-2 0-2 0-2 0-2 0-2 0-2 0-2 1-2 1-2 1-2 1-2"),
        Row(40, .both, "0-2 0-2 0-2 0-2 0-2 0-2 0-2 1-2 1-2 1-2 1-2"),
        Row(41, .both, "0-3 0-3 0-3 0-3 0-3 0-3 0-3 1-3 1-3 1-3 1-3"),
        Row(42, .broker, "0-2 0-2 0-2 0-2 0-2 0-2 0-2 0-2 0-2 0-2 0-2"),
        Row(43, .both, "0-2 0-2 0-2 0-2 0-2 0-2 0-2 0-2 0-2 0-2 0-2"),
        Row(44, .both, "0-1 0-1 0-1 0-1 0-1 0-1 0-1 0-1 0-1 0-1 0-1"),
        Row(45, .both, "0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-1 0-1 0-1"),
        Row(46, .both, "0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0"),
        Row(47, .broker, "0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0"),
        Row(48, .broker, "0-1 0-1 0-1 0-1 0-1 0-1 0-1 0-1 0-1 0-1 0-1"),
        Row(49, .both, "0-1 0-1 0-1 0-1 0-1 0-1 0-1 0-1 0-1 0-1 0-1"),
        Row(50, .both, "0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0"),
        Row(51, .both, "0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0"),
        Row(52, .controller, "0-0 0-0 0-0 0-0 0-0 0-0 0-1 0-2 0-2 0-2 0-2"),
        Row(53, .controller, "0-0 0-0 0-0 0-0 0-0 0-0 0-1 0-1 0-1 0-1 0-1"),
        Row(54, .controller, "0-0 0-0 0-0 0-0 0-0 0-0 0-1 0-1 0-1 0-1 0-1"),
        Row(55, .both, "0-1 0-1 0-1 0-1 0-1 0-1 0-2 0-2 0-2 0-2 0-2"),
        Row(56, .controller, "0-2 0-2 0-3 0-3 0-3 0-3 0-3 2-3 2-3 2-3 2-3"),
        Row(57, .both, "0-1 0-1 0-1 0-1 0-1 0-1 0-1 0-2 0-2 0-2 0-2"),
        Row(58, .controller, "0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0"),
        Row(59, .controller, "0-0 0-0 0-0 0-0 0-0 0-0 0-1 0-1 0-1 0-1 0-1"),
        Row(60, .both, "0-0 0-0 0-0 0-0 0-1 0-1 0-1 0-2 0-2 0-2 0-2"),
        Row(61, .broker, "0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0"),
        Row(62, .controller, "0-0 0-1 0-1 0-1 0-3 0-3 0-4 0-4 0-4 0-4 0-4"),
        Row(63, .controller, "0-0 0-0 0-0 0-0 0-1 0-1 0-1 0-1 0-1 0-1 0-2"),
        Row(64, .both, "0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0"),
        Row(65, .broker, "0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0"),
        Row(66, .broker, "0-0 0-0 0-0 0-0 0-0 0-1 0-1 0-1 0-2 0-2 0-2"),
        Row(67, .controller, "0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0 0-0"),
        Row(68, .broker, "- - - - 0-0 0-0 0-0 0-1 0-1 0-1 0-1"),
        Row(69, .broker, "- - - - - 0-0 0-0 0-1 0-1 0-1 0-1"),
        Row(70, .controller, "- - - - 0-0 0-0 0-0 0-0 0-0 0-0 0-0"),
        Row(73, .controller, "- - - - 0-0 0-0 0-0 0-0 0-0 0-0 0-0"),
        Row(74, .broker, "- - - - 0-0 0-0 0-0 0-0 0-1 0-1 0-1"),
        Row(75, .broker, "- - - - - 0-0 0-0 0-0 0-0 0-0 0-0"),
        Row(76, .broker, "- - - - - - - - 1-1 1-1 1-1"),
        Row(77, .broker, "- - - - - - - - 1-1 1-1 1-1"),
        Row(78, .broker, "- - - - - - - - 1-1 1-2 1-2"),
        Row(79, .broker, "- - - - - - - - 1-1 1-2 1-2"),
        Row(80, .both, "- - - - - - 0-0 0-0 0-0 0-1 0-1"),
        Row(81, .both, "- - - - - - 0-0 0-0 0-0 0-0 0-0"),
        Row(82, .controller, "- - - - - - 0-0 0-0 0-0 0-0 0-0"),
        Row(83, .broker, "- - - - - - - - 0-0 0-0 0-0"),
        Row(84, .broker, "- - - - - - - - 0-0 0-0 0-0"),
        Row(85, .broker, "- - - - - - - - 0-0 0-1 0-1"),
        Row(86, .broker, "- - - - - - - - 0-0 0-0 0-0"),
        Row(87, .broker, "- - - - - - - - 0-0 0-1 0-1"),
        Row(88, .broker, "- - - - - - - - - 0-0 0-0"),
        Row(89, .broker, "- - - - - - - - - 0-0 0-0"),
        Row(90, .broker, "- - - - - - - - 0-0 0-1 0-1"),
        Row(91, .broker, "- - - - - - - - 0-0 0-0 0-0"),
        Row(92, .broker, "- - - - - - - - 0-0 0-0 0-0"),
    ]
}
