/// What a group has committed for a partition, with all that a restore needs.
package struct CommittedOffset: Sendable, Hashable {
    package var offset: Int64
    /// -1: unknown.
    package var leaderEpoch: Int32
    package var metadata: String

    package init(offset: Int64, leaderEpoch: Int32 = -1, metadata: String = "") {
        self.offset = offset
        self.leaderEpoch = leaderEpoch
        self.metadata = metadata
    }
}

/// Where a share group stands in a partition.
package struct ShareOffset: Sendable, Hashable {
    /// The first record that it is not done with.
    package var start: Int64
    package var leaderEpoch: Int32
    /// How many records it is not done with: from v1 (4.2) on, nil when unknown.
    package var lag: Int64?

    package init(start: Int64, leaderEpoch: Int32, lag: Int64? = nil) {
        self.start = start
        self.leaderEpoch = leaderEpoch
        self.lag = lag
    }
}

/// Whose offsets to look up.
package struct GroupOffsetQuery: Sendable, Hashable {
    package var group: String
    /// Nil: all that the group has.
    package var partitions: [TopicPartition]?

    package init(group: String, partitions: [TopicPartition]? = nil) {
        self.group = group
        self.partitions = partitions
    }
}

/// How far a group is behind in a partition.
package struct PartitionLag: Sendable, Hashable {
    package var partition: TopicPartition
    /// Nil when the group has committed nothing there.
    package var committed: Int64?
    /// Where the partition ends: the last stable offset for `read_committed`, else the high watermark.
    package var end: Int64

    package init(partition: TopicPartition, committed: Int64?, end: Int64) {
        self.partition = partition
        self.committed = committed
        self.end = end
    }

    /// Never negative: a commit beyond the end (a topic made anew, translated offsets) is no lag. Nil without a commit.
    package var lag: Int64? {
        committed.map { committed in
            let (lag, isTooMuch) = end.subtractingReportingOverflow(committed)
            return isTooMuch ? .max : max(0, lag)
        }
    }
}
