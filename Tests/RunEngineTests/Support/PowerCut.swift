import EventLoop

/// What may stand on a disk when the power goes after so many operations.
struct PowerCut {
    /// Files by path.
    typealias Image = [String: [UInt8]]

    /// A sector: it is written whole or not at all.
    static let sector = 512

    /// A file's content as it may be: synced, and each state that has been written since.
    private struct Content {
        var durable: [UInt8] = []
        /// After each write that no sync has covered.
        var states: [[UInt8]] = []

        var now: [UInt8] { states.last ?? durable }
    }

    private struct Name {
        var path: String
        var file: Int
    }

    private var contents: [Int: Content] = [:]
    private var names: [String: Int] = [:]
    /// Names that no sync of their folder has covered, in order.
    private var pending: [Name] = []

    /// Takes over one operation.
    mutating func apply(_ operation: PowerCutStorage.Operation) {
        switch operation {
        case .create(let file, let path):
            contents[file] = Content()
            if !path.hasSuffix(".tmp") { pending.append(Name(path: path, file: file)) }
        case .rename(let file, let path): pending.append(Name(path: path, file: file))
        case .append(let file, let bytes):
            let now = contents[file, default: Content()].now
            contents[file, default: Content()].states.append(now + bytes)
        case .truncate(let file, let length):
            let now = contents[file, default: Content()].now
            contents[file, default: Content()].states.append(Array(now.prefix(length)))
        case .synchronize(let file):
            let now = contents[file, default: Content()].now
            contents[file] = Content(durable: now)
        case .synchronizeFolder(let folder):
            for name in pending where Files.folder(of: name.path) == folder { names[name.path] = name.file }
            pending.removeAll { Files.folder(of: $0.path) == folder }
        }
    }

    /// Calls `body` with every image: any names that are not synced lost, each file in any of the states it may be in, one
    /// of them torn in any place that a write can be torn in.
    func forEachImage(_ body: (Image) -> Void) {
        for lost in 0..<(1 << min(pending.count, 4)) {
            var names = names
            for (index, name) in pending.enumerated() where lost & (1 << min(index, 3)) == 0 {
                names[name.path] = name.file
            }
            let files = names.sorted { $0.key < $1.key }
            let open = files.filter { contents[$0.value]?.states.isEmpty == false }
            // All others whole, or not written at all.
            for old in 0..<(open.isEmpty ? 1 : 2) {
                var image: Image = [:]
                for (path, file) in files {
                    let content = contents[file] ?? Content()
                    image[path] = old == 0 ? content.now : content.durable
                }
                body(image)
                for (path, file) in open {
                    guard let content = contents[file] else { continue }
                    var torn = image
                    Self.forEachTear(of: content) { bytes in
                        torn[path] = bytes
                        body(torn)
                    }
                }
            }
        }
    }

    private static func forEachTear(of content: Content, _ body: ([UInt8]) -> Void) {
        var before = content.durable
        for state in content.states {
            if state.count >= before.count, state.starts(with: before) {
                for length in before.count..<state.count { body(Array(state.prefix(length))) }
            } else {
                body(state)
            }
            before = state
        }
        // Sectors reach the disk in any order; one that has not reads as zeros, or as what was there before.
        let (old, new) = (content.durable, content.now)
        let common = zip(old, new).prefix { $0 == $1 }.count
        guard new.count > common else { return }
        let first = common / sector, last = (new.count - 1) / sector
        let count = min(last - first + 1, 6)
        guard count > 1 || new.count > old.count else { return }
        for kept in 0..<(1 << count) {
            var bytes = new
            for index in 0..<count where kept & (1 << index) == 0 {
                // The last ones, when there are many.
                let place = (last - count + 1 + index) * sector
                for offset in max(place, common)..<max(common, min(place + sector, bytes.count)) {
                    bytes[offset] = offset < old.count ? old[offset] : 0
                }
            }
            body(bytes)
        }
    }
}
