import CLibYAML
import Values

/// Reads YAML text into nodes with positions: libyaml's events, and above them the rules of this language.
///
/// 1. libyaml scans the whole buffer; each event becomes a node at once, without a second pass.
/// 2. An alias shares the node of its anchor. What the document would be with every alias written out is counted, so that a
///    document that explodes is refused where it starts to, without building it.
/// 3. Duplicate keys, undefined and recursive aliases, unknown tags and keys that are no text are collected, each at its own
///    place; a syntax error ends the file.
package struct YAMLParser {
    /// How long a text may be, in bytes.
    package static let maximumBytes = 1 << 20
    /// How deep collections may nest, aliases written out.
    package static let maximumDepth = 64
    /// How many aliases a file may use.
    package static let maximumAliases = 1000
    /// How many nodes a file may have with its aliases written out.
    package static let maximumNodes = 200_000
    /// How many entries merge keys may add in a file (these are copied, not shared).
    package static let maximumMergedEntries = 20_000
    /// How many problems of one file are collected before reading stops.
    package static let maximumProblems = 100

    /// What a text holds: its documents, as far as it could be read, and everything that is wrong with it.
    package struct Outcome: Sendable {
        package var documents: [YAMLNode]
        package var problems: [Diagnostic]
    }

    /// Reads all documents of a text.
    package static func documents(of bytes: [UInt8], file: String) -> Outcome {
        guard bytes.count <= maximumBytes else {
            let place = SourceSpan(file: file, line: 1, column: 1)
            return Outcome(
                documents: [],
                problems: [
                    Diagnostic(
                        code: "file-too-large", "the file has more than \(maximumBytes) bytes; no more are read",
                        at: place)
                ])
        }
        // Only UTF-8 is read; libyaml would take a UTF-16 mark as an invitation.
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
        return text.withUnsafeBufferPointer { buffer in
            var parser = YAMLParser(source: SourceName(file))
            parser.storage.reserve(for: buffer.count)
            parser.read(buffer)
            if parser.hasBlockScalars { parser.storage.keep(buffer) }
            let tree = YAMLTree(source: parser.source, storage: parser.storage)
            return Outcome(documents: parser.documents.map { YAMLNode(tree, $0) }, problems: parser.problems)
        }
    }

    /// Reads a text that must hold one document; an empty one gives nil.
    package static func document(of bytes: [UInt8], file: String) -> (root: YAMLNode?, problems: [Diagnostic]) {
        let outcome = documents(of: bytes, file: file)
        var problems = outcome.problems
        if outcome.documents.count > 1 {
            problems.append(
                Diagnostic(
                    code: "second-document", "a second document starts here",
                    hint: "one file holds one document; put the other one into a file of its own",
                    at: outcome.documents[1].span))
            return (nil, problems)
        }
        return (outcome.documents.first, problems)
    }

    // MARK: State of one read

    struct Anchor {
        /// The number of its node.
        var node: UInt32
        var size: Int
        var height: Int
        var isOpen: Bool
    }

    /// A collection whose end has not come.
    struct Frame {
        var isMapping: Bool
        var isFlow: Bool
        var tag: YAMLNode.Tag
        var isDamaged = false
        /// Where its items or entries start among those of all open collections.
        var first: Int
        var anchor: String?
        var start: yaml_mark_t
        /// The key that waits for its value; nil while a key is expected.
        var key: Key?
        var merges: [(place: SourcePlace, node: UInt32)] = []
        var mergeKey: SourcePlace?
        /// Keys seen, once there are many.
        var seen: Set<ExactText> = []
        /// Written-out nodes below, this one included.
        var size = 1
        var height = 1

        enum Key {
            /// The number of the scalar.
            case text(UInt32, SourcePlace)
            case merge(SourcePlace)
            /// Reported; its value is dropped.
            case refused
        }
    }

    let source: SourceName
    /// What was built so far.
    var storage = YAMLStorage()
    private var documents: [UInt32] = []
    private var problems: [Diagnostic] = []
    var frames: [Frame] = []
    /// The items and entries of the open collections, outer ones first.
    private var openItems: [UInt32] = []
    var openPairs: [YAMLStorage.Pair] = []
    private var anchors: [String: Anchor] = [:]
    private var root: UInt32?
    private var aliases = 0
    private var expanded = 0
    var merged = 0
    private var stopped = false
    /// Their characters are found in the file by its lines.
    private var hasBlockScalars = false

    private init(source: SourceName) { self.source = source }

    private mutating func read(_ buffer: UnsafeBufferPointer<UInt8>) {
        var parser = yaml_parser_t()
        guard yaml_parser_initialize(&parser) == 1 else {
            report("out-of-memory", "no memory to read the file", nil, at: SourcePlace(point: yaml_mark_t()))
            return
        }
        defer { yaml_parser_delete(&parser) }
        yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
        var event = yaml_event_t()
        while !stopped {
            guard yaml_parser_parse(&parser, &event) == 1 else {
                reportSyntax(parser, buffer)
                return
            }
            let ended = event.type == YAML_STREAM_END_EVENT
            handle(event)
            yaml_event_delete(&event)
            if ended { return }
        }
    }

    private mutating func handle(_ event: yaml_event_t) {
        switch event.type {
        case YAML_SCALAR_EVENT: scalar(event)
        case YAML_SEQUENCE_START_EVENT:
            let data = event.data.sequence_start
            open(
                event, isMapping: false, isFlow: data.style == YAML_FLOW_SEQUENCE_STYLE,
                tag: tag(data.tag, event), anchor: data.anchor)
        case YAML_MAPPING_START_EVENT:
            let data = event.data.mapping_start
            open(
                event, isMapping: true, isFlow: data.style == YAML_FLOW_MAPPING_STYLE,
                tag: tag(data.tag, event), anchor: data.anchor)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: close(event)
        case YAML_ALIAS_EVENT: alias(event)
        case YAML_DOCUMENT_START_EVENT:
            anchors.removeAll(keepingCapacity: true)
            root = nil
            if let version = event.data.document_start.version_directive, version.pointee.minor == 1 {
                report(
                    "yaml-version", "YAML 1.1 is not read", "remove the %YAML line: files are YAML 1.2",
                    at: SourcePlace(event.start_mark, event.end_mark))
            }
        case YAML_DOCUMENT_END_EVENT:
            if let root { documents.append(root) }
            root = nil
        default: break
        }
    }

    // MARK: Nodes

    private mutating func scalar(_ event: yaml_event_t) {
        let data = event.data.scalar
        let style: YAMLNode.Style =
            switch data.style {
            case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
            case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
            case YAML_LITERAL_SCALAR_STYLE: .literal
            case YAML_FOLDED_SCALAR_STYLE: .folded
            default: .plain
            }
        if style == .literal || style == .folded { hasBlockScalars = true }
        let node = storage.addScalar(
            UnsafeBufferPointer(start: data.value, count: data.length), style: style,
            at: SourcePlace(event.start_mark, event.end_mark))
        if data.tag != nil {
            storage.mark(node, tag: tag(data.tag, event))
            checkFit(node)
        }
        if let anchor = data.anchor {
            anchors[Self.text(anchor)] = Anchor(node: node, size: 1, height: 0, isOpen: false)
        }
        count(1, at: event)
        add(node, size: 1, height: 0)
    }

    /// A node as it will be, for a message about it.
    func node(_ number: UInt32) -> YAMLNode { YAMLNode(YAMLTree(source: source, storage: storage), number) }

    private mutating func checkFit(_ number: UInt32) {
        let node = node(number)
        if node.tag == .map || node.tag == .sequence {
            let name = node.tag == .map ? "!!map" : "!!seq"
            report("tag-mismatch", "\(name) stands on a scalar", nil, at: node.place)
        } else if node.tag.isScalarType {
            let text = node.text ?? ""
            if case .text = node.resolution(of: text) {
                let name = String(describing: node.tag)
                report("tag-mismatch", "'\(text)' is no !!\(name)", nil, at: node.place)
            }
        }
    }

    private mutating func open(
        _ event: yaml_event_t, isMapping: Bool, isFlow: Bool, tag: YAMLNode.Tag, anchor: UnsafeMutablePointer<UInt8>?
    ) {
        guard frames.count < Self.maximumDepth else {
            stop(
                "too-deep", "lists and maps nest more than \(Self.maximumDepth) deep here",
                at: SourcePlace(event.start_mark, event.end_mark))
            return
        }
        if tag != .none, tag != .nonSpecific, tag != (isMapping ? .map : .sequence) {
            report(
                "tag-mismatch", "this tag does not fit a \(isMapping ? "map" : "list")", nil,
                at: SourcePlace(event.start_mark, event.end_mark))
        }
        let name = anchor.map(Self.text)
        if let name { anchors[name] = Anchor(node: 0, size: 1, height: 0, isOpen: true) }
        count(1, at: event)
        frames.append(
            Frame(
                isMapping: isMapping, isFlow: isFlow, tag: tag, first: isMapping ? openPairs.count : openItems.count,
                anchor: name, start: event.start_mark))
    }

    private mutating func close(_ event: yaml_event_t) {
        guard let frame = frames.popLast() else { return }
        var place = SourcePlace(frame.start, event.end_mark)
        if !frame.isFlow {
            // A block ends, for libyaml, where the next thing starts; for a reader, with its last value.
            let last = frame.isMapping ? openPairs[frame.first...].last?.value : openItems[frame.first...].last
            if let last {
                let last = storage.records[Int(last)].place
                (place.endLine, place.endColumn) = (last.endLine, last.endColumn)
            } else {
                (place.endLine, place.endColumn) = (place.line, place.column + 1)
            }
        }
        if !frame.merges.isEmpty { merge(into: frame) }
        let node: UInt32
        if frame.isMapping {
            node = storage.addMapping(openPairs[frame.first...], at: place)
            openPairs.removeSubrange(frame.first...)
        } else {
            node = storage.addSequence(openItems[frame.first...], at: place)
            openItems.removeSubrange(frame.first...)
        }
        if frame.tag != .none || frame.isDamaged { storage.mark(node, tag: frame.tag, isDamaged: frame.isDamaged) }
        if let anchor = frame.anchor {
            anchors[anchor] = Anchor(node: node, size: frame.size, height: frame.height, isOpen: false)
        }
        add(node, size: frame.size, height: frame.height)
    }

    private mutating func alias(_ event: yaml_event_t) {
        let name = Self.text(event.data.alias.anchor)
        let place = SourcePlace(event.start_mark, event.end_mark)
        aliases += 1
        guard aliases <= Self.maximumAliases else {
            stop("too-many-aliases", "the file uses more than \(Self.maximumAliases) aliases", at: place)
            return
        }
        guard let anchor = anchors[name], !anchor.isOpen else {
            if anchors[name] == nil {
                report(
                    "unknown-anchor", "the alias *\(name) names no anchor above it",
                    "a text that starts with * must be quoted", at: place)
            } else {
                report("recursive-alias", "the alias *\(name) stands inside the value it names", nil, at: place)
            }
            let nothing = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
            add(storage.addScalar(nothing, style: .plain, at: place), size: 1, height: 0)
            return
        }
        guard frames.count + anchor.height <= Self.maximumDepth else {
            stop("too-deep", "with *\(name) lists and maps nest more than \(Self.maximumDepth) deep", at: place)
            return
        }
        count(anchor.size, at: event)
        add(anchor.node, size: anchor.size, height: anchor.height, alias: place)
    }

    private mutating func count(_ nodes: Int, at event: yaml_event_t) {
        expanded += nodes
        guard expanded > Self.maximumNodes, !stopped else { return }
        stop(
            "too-many-nodes", "the file has more than \(Self.maximumNodes) values here, aliases written out",
            at: SourcePlace(event.start_mark, event.end_mark))
    }

    /// Puts a finished node where it belongs: into the innermost open collection, or as the document itself.
    private mutating func add(_ node: UInt32, size: Int, height: Int, alias: SourcePlace? = nil) {
        guard !frames.isEmpty else {
            root = node
            return
        }
        let top = frames.count - 1
        frames[top].size += size
        if height >= frames[top].height { frames[top].height = height + 1 }
        guard frames[top].isMapping else {
            openItems.append(node)
            return
        }
        switch frames[top].key {
        case nil: frames[top].key = key(node, at: alias ?? storage.records[Int(node)].place, in: top)
        case .text(let key, let place):
            let text = storage.records[Int(key)]
            openPairs.append(
                YAMLStorage.Pair(keyStart: text.start, keyCount: text.count, keyPlace: place, value: node))
            frames[top].key = nil
        case .merge(let place):
            frames[top].merges.append((place, node))
            frames[top].key = nil
        case .refused:
            frames[top].key = nil
            frames[top].isDamaged = true
        }
    }

    // MARK: Problems

    mutating func report(_ code: String, _ message: String, _ hint: String?, at place: SourcePlace) {
        guard problems.count < Self.maximumProblems else {
            stopped = true
            return
        }
        problems.append(Diagnostic(code: code, message, hint: hint, at: SourceSpan(source: source, place: place)))
    }

    /// Reports what makes going on pointless or dangerous.
    mutating func stop(_ code: String, _ message: String, at place: SourcePlace) {
        report(code, message, nil, at: place)
        stopped = true
        documents = []
        root = nil
    }

    static func text(_ pointer: UnsafeMutablePointer<UInt8>?) -> String {
        guard let pointer else { return "" }
        return String(cString: pointer)
    }
}

extension SourcePlace {
    init(_ start: yaml_mark_t, _ end: yaml_mark_t) {
        self.init(
            line: UInt32(truncatingIfNeeded: start.line &+ 1), column: UInt32(truncatingIfNeeded: start.column &+ 1),
            endLine: UInt32(truncatingIfNeeded: end.line &+ 1), endColumn: UInt32(truncatingIfNeeded: end.column &+ 1))
    }

    init(point: yaml_mark_t) {
        self.init(point, point)
        endColumn = column &+ 1
    }
}
