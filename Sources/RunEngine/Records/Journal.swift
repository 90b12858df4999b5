import EventLoop
import Values

/// The journal of one run: what was meant (intents), what came of it (outcomes), in order; see `ChainedLine` for the form.
///
/// Not safe to use from several places: the recorder owns it. After a failed write or sync it must not be used again.
struct Journal {
    private let target: any AppendTarget
    private(set) var records = 0
    private(set) var head = Digest.none
    /// How many records are known to be on the disk.
    private var synced = 0

    init(path: String, storage: any RecordStorage) throws(SystemError) {
        target = try storage.openForAppending(path, exclusive: true)
        try storage.synchronizeFolder(Files.folder(of: path))
    }

    /// Goes on with a journal that was read back: a last line that was not finished is cut off, durably.
    init(continuing end: ChainEnd, path: String, storage: any RecordStorage) throws(SystemError) {
        target = try storage.openForAppending(path, exclusive: false)
        // Somebody has written since it was read.
        guard try target.size() == end.wholeLength + end.tornBytes else {
            throw SystemError(
                code: 0, operation: "continue the journal, which has grown since it was read:", subject: path)
        }
        if end.tornBytes > 0 {
            try target.truncate(to: end.wholeLength)
            try target.synchronize()
        }
        records = end.records
        head = end.head
    }

    /// Gives the events their places, and writes them in one call; with `sync`, returns when they are on the disk.
    mutating func append(_ events: inout [RunEvent], sync: Bool) throws(SystemError) {
        var bytes: [UInt8] = []
        for index in events.indices where events[index].body.storage != .shown {
            events[index].sequence = records + 1
            let sealed = ChainedLine.seal(
                sequence: records + 1, previous: head, members: events[index].journalMembers(synced: synced))
            bytes += sealed.bytes
            records += 1
            head = sealed.hash
        }
        if !bytes.isEmpty { try target.append(bytes) }
        guard sync else { return }
        try target.synchronize()
        synced = records
    }
}

extension RunEvent {
    /// `"time":…,"type":…`, the fields, and how many records before this one are known to be on the disk: a hole among those is
    /// damage, and one behind them a write that did not finish.
    func journalMembers(synced: Int) -> [UInt8] {
        var writer = EventWriter()
        var stamp: Timestamp? = time
        writer.field("time", &stamp)
        body.write(to: &writer)
        var synced = synced
        writer.field(ChainReader.syncedName, &synced)
        return writer.bytes
    }
}

/// A journal that was read back.
package struct JournalContent: Sendable {
    /// Types that this release does not know are left out.
    package private(set) var events: [RunEvent] = []
    package private(set) var end = ChainEnd()

    package init(_ bytes: [UInt8]) {
        var events: [RunEvent] = []
        end = Self.read(bytes) { events.append($0) }
        self.events = events
    }

    /// Reads the events of a journal, or those behind an `end`, from where `bytes` begin; none of them is kept.
    package static func read(
        _ bytes: [UInt8], after end: ChainEnd = ChainEnd(), _ visit: (RunEvent) -> Void
    ) -> ChainEnd {
        bytes.withUnsafeBytes { bytes in
            var reader = ChainReader(bytes, after: end)
            while reader.next() {
                var record = reader.record
                if let event = RunEvent(reading: &record) { visit(event) }
            }
            return reader.end
        }
    }

    /// The run as it stood at the end of the journal.
    package var state: RunState {
        var state = RunState()
        for event in events { state.apply(event) }
        return state
    }
}
