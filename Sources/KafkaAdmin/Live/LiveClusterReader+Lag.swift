import KafkaWire

// How far a group is behind: its commits, then the ends of their partitions.
//
// The answers are read into columns (`LagTable`), and what is good the first time stays there: of 100,000 partitions hardly
// one has an election right now. Those that were not answered are asked for again as any others (`LeaderCalls`).

extension LiveClusterReader {
    package func groupLag(
        _ group: String, partitions: [TopicPartition], readCommitted: Bool
    ) async throws(KafkaError) -> [ItemResult<TopicPartition, PartitionLag>] {
        guard deadline != nil else {
            return try await timed.groupLag(group, partitions: partitions, readCommitted: readCommitted)
        }
        // First the commits, then the ends: a lag that is a little too large is true of a moment ago, a negative one never.
        let table = try await commits(of: group, and: partitions)
        guard !table.isEmpty else { return [] }
        let ends = await ends(of: table, readCommitted: readCommitted)
        if Task.isCancelled { throw KafkaError(.cancelled, "ListOffsets was cancelled", api: .listOffsets) }
        return (0..<table.count).map { row in
            if let offset = ends.offsets[row] { return table.lag(row, end: .success(offset)) }
            let missing = KafkaError.noResult(.listOffsets, "\(table.partition(row))")
            return table.lag(row, end: ends.known[row] ?? .failure(missing))
        }
    }

    // MARK: Commits

    private func commits(of group: String, and partitions: [TopicPartition]) async throws(KafkaError) -> LagTable {
        let flat: [ItemResult<String, FlatGroupOffsets>] = await groups.results(for: [group], .offsetFetch) {
            node, _ throws(KafkaError) in
            try await flatCommits(of: group, at: node)
        }
        if case .success(let commits)? = flat.first?.result,
            !commits.partitions.contains(where: { $0.errorCode == .unstableOffsetCommit })
        {
            return LagTable(commits, and: partitions)
        }
        if case .failure(let error)? = flat.first?.result, error.code != .unsupportedVersion { throw error }
        // Before v8 (3.0), or a transaction is about to end somewhere, which is waited for.
        let answer = try await committedOffsets([GroupOffsetQuery(group: group)], stable: false)
        guard let commits = try answer.first?.result.get() else { throw .noResult(.offsetFetch, group) }
        return LagTable(commits, and: partitions)
    }

    private func flatCommits(
        of group: String, at node: Int32
    ) async throws(KafkaError) -> [String: Result<FlatGroupOffsets, KafkaError>] {
        let request = OffsetFetchRequest(groups: [.init(groupId: group, topics: nil)], requireStable: false)
        let answer = try await sender.body(
            request, to: .once(node), kind: .read, within: try timeLeft(to: "ask by \(APIKey.offsetFetch)"))
        let found: [FlatGroupOffsets]
        do throws(WireError) {
            found = try FlatGroupOffsets.decode(answer.response, version: answer.version)
        } catch {
            throw .unreadable(.offsetFetch, answer.version, error)
        }
        guard let commits = found.first(where: { $0.groupId == group }) else { return [:] }
        return [
            group: commits.errorCode.isError
                ? .failure(.answered(commits.errorCode, api: .offsetFetch, about: group)) : .success(commits)
        ]
    }

    // MARK: Ends

    private struct Ends: Sendable {
        /// By row; nil: see `known`.
        var offsets: [Int64?]
        /// What was found out otherwise.
        var known: [Int: Result<Int64, KafkaError>] = [:]
    }

    /// One round to all leaders; what it leaves open is asked for further as single partitions are.
    private func ends(of table: LagTable, readCommitted: Bool) async -> Ends {
        var ends = Ends(offsets: Array(repeating: nil, count: table.count))
        var failed: [Int: KafkaError] = [:]
        await firstRound(table, readCommitted, &ends.offsets, &failed)
        guard !failed.isEmpty, !Task.isCancelled else { return ends }
        var first: [TopicPartition: Result<Int64, KafkaError>] = [:]
        for (row, error) in failed { first[table.partition(row)] = .failure(error) }
        let rows = failed.keys.sorted()
        let results: [ItemResult<TopicPartition, Int64>] = await LeaderCalls(self, waitsForTopics: false).results(
            for: rows.map(table.partition), after: first, .listOffsets
        ) { leader, partitions throws(KafkaError) in
            try await offsets(partitions, of: leader, timestamp: Self.latest, readCommitted: readCommitted)
                .mapValues { $0.map(\.offset) }
        }
        for (row, result) in zip(rows, results) { ends.known[row] = result.result }
        return ends
    }

    private static var latest: Int64 { -1 }

    private struct Part: Sendable {
        var leader: Int32
        /// In order.
        var rows: [Int]

        func holds(_ row: Int) -> Bool {
            var (low, high) = (0, rows.count)
            while low < high {
                let middle = low + (high - low) / 2
                if rows[middle] < row { low = middle + 1 } else { high = middle }
            }
            return low < rows.count && rows[low] == row
        }
    }

    private func firstRound(
        _ table: LagTable, _ readCommitted: Bool, _ offsets: inout [Int64?], _ failed: inout [Int: KafkaError]
    ) async {
        let parts: [Part]
        do throws(KafkaError) {
            parts = try await byLeader(table, &failed)
        } catch {
            for row in 0..<table.count { failed[row] = error }
            return
        }
        let names = TopicNames(table.topics)
        for answer in await each(
            parts,
            { part throws(KafkaError) in try await flatEnds(part, table, names, readCommitted: readCommitted) })
        {
            switch answer.result {
            case .success(let items):
                for item in items { note(item, table, answer.item, &offsets, &failed) }
            case .failure(let error): for row in answer.item.rows { failed[row] = error }
            }
            for row in answer.item.rows where offsets[row] == nil && failed[row] == nil {
                failed[row] = .noResult(.listOffsets, "\(table.partition(row))")
            }
        }
    }

    /// The first word about a partition that this leader was asked about counts.
    private func note(
        _ item: FoundEnd, _ table: LagTable, _ part: Part, _ offsets: inout [Int64?],
        _ failed: inout [Int: KafkaError]
    ) {
        guard offsets[item.row] == nil, failed[item.row] == nil else { return }
        if item.code.isError {
            failed[item.row] = .answered(item.code, api: .listOffsets, about: "\(table.partition(item.row))")
        } else {
            offsets[item.row] = item.offset
        }
    }

    private struct FoundEnd: Sendable {
        var row: Int
        var code: KafkaErrorCode
        var offset: Int64
    }

    /// Rows by the leader of their partition; those without one have failed.
    private func byLeader(
        _ table: LagTable, _ failed: inout [Int: KafkaError]
    ) async throws(KafkaError) -> [Part] {
        let snapshot = try await snapshot(topics: table.topics, from: .any)
        var places: [String: Int] = [:]
        places.reserveCapacity(snapshot.topics.count)
        // The last one counts, as everywhere.
        for (place, topic) in snapshot.topics.enumerated() { places[topic.name] = place }
        var slots: [Int32: Int] = [:]
        var parts: [Part] = []
        for (number, name) in table.topics.enumerated() {
            let topic = places[name].map { snapshot.topics[$0] }
            let leaders = Leaders(topic.map { snapshot.partitions(of: $0) } ?? [])
            for row in table.rows[number] {
                let leader = leaders.leader(of: table.index[row])
                guard let leader, leader >= 0 else {
                    let code = leader == nil ? topic?.error ?? .unknownTopicOrPartition : .leaderNotAvailable
                    // Who is looked for has not been asked anything yet.
                    failed[row] = .answered(code, api: .metadata, about: "\(table.partition(row))")
                    continue
                }
                if let slot = slots[leader] {
                    parts[slot].rows.append(row)
                } else {
                    slots[leader] = parts.count
                    parts.append(Part(leader: leader, rows: [row]))
                }
            }
        }
        return parts.sorted { $0.leader < $1.leader }
    }

    /// The leaders of one topic's partitions.
    private struct Leaders {
        private let partitions: ArraySlice<ClusterSnapshot.Partition>
        /// By number, where they do not lie in its order; of a repeated one the last.
        private var byIndex: [Int32: Int32]?

        init(_ partitions: ArraySlice<ClusterSnapshot.Partition>) {
            self.partitions = partitions
            let isInOrder = zip(partitions, 0...).allSatisfy { $0.index == Int32(truncatingIfNeeded: $1) }
            guard !isInOrder else { return }
            byIndex = Dictionary(partitions.map { ($0.index, $0.leader) }) { _, last in last }
        }

        /// Nil when there is no such partition.
        func leader(of index: Int32) -> Int32? {
            if let byIndex { return byIndex[index] }
            guard index >= 0, Int(index) < partitions.count else { return nil }
            return partitions[partitions.startIndex + Int(index)].leader
        }
    }

    private func flatEnds(
        _ part: Part, _ table: LagTable, _ names: TopicNames, readCommitted: Bool
    ) async throws(KafkaError) -> [FoundEnd] {
        let request = FlatListOffsetsRequest(
            names, part.rows.map { .init(topic: table.topic[$0], index: table.index[$0]) }, timestamp: Self.latest,
            isolationLevel: readCommitted ? 1 : 0)
        let answer = try await sender.body(
            request, to: .once(part.leader), kind: .read, within: try timeLeft(to: "ask by \(APIKey.listOffsets)"))
        var expected: [Int32] = []
        for row in part.rows where expected.last != table.topic[row] { expected.append(table.topic[row]) }
        let items: [FlatListedOffsets.Item]
        do throws(WireError) {
            items = try FlatListedOffsets.decode(
                answer.response, version: answer.version, names: names, expected: expected)
        } catch {
            throw .unreadable(.listOffsets, answer.version, error)
        }
        // Both are sorted where the broker keeps the order of the question; else each row is looked for.
        var found: [FoundEnd] = []
        found.reserveCapacity(part.rows.count)
        var next = 0
        for item in items {
            if next < part.rows.count {
                let row = part.rows[next]
                if table.topic[row] == item.topic, table.index[row] == item.partition {
                    found.append(FoundEnd(row: row, code: item.errorCode, offset: item.offset))
                    next += 1
                    continue
                }
            }
            guard let row = table.row(topic: item.topic, index: item.partition), part.holds(row) else { continue }
            found.append(FoundEnd(row: row, code: item.errorCode, offset: item.offset))
        }
        return found
    }
}

extension KafkaError {
    static func unreadable(_ api: APIKey, _ version: Int16, _ error: WireError) -> KafkaError {
        KafkaError(
            .malformed, "the answer to \(api) v\(version) cannot be read", api: api, causes: ["\(error)"])
    }
}
