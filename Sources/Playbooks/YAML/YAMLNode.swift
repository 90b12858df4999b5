import Values

/// One value of a YAML file as it stands there: the source text of its scalars, and where everything is.
///
/// What a plain scalar means is decided later, by the type that is declared for it, so that `version: 3.10` stays `3.10`;
/// `YAMLNode.coreValue` answers where no type is declared. Aliases share the node that they name.
///
/// A node is a place in its file's tree: texts, lists and entries are made when they are asked for.
package struct YAMLNode: Sendable {
    package enum Content: Sendable {
        case scalar(String)
        case sequence([YAMLNode])
        /// In file order, merge keys resolved, keys unique by code points.
        case mapping([YAMLEntry])
    }

    /// How a scalar was written.
    package enum Style: UInt8, Sendable { case plain, singleQuoted, doubleQuoted, literal, folded }

    /// The tags that are known; a node with another one is reported and treated as untagged.
    package enum Tag: UInt8, Sendable {
        case none
        /// `!`: text, whatever it looks like.
        case nonSpecific
        case string, int, float, bool, null, map, sequence
    }

    private let tree: YAMLTree
    private let number: UInt32

    init(_ tree: YAMLTree, _ number: UInt32) {
        self.tree = tree
        self.number = number
    }

    private var record: YAMLStorage.Record { tree.storage.records[Int(number)] }

    var style: Style { record.style }
    var tag: Tag { record.tag }
    /// True for a map of which a key was refused, which was reported: it may lack what its author wrote.
    var isDamaged: Bool { record.isDamaged }
    var place: SourcePlace { record.place }
    /// The file's lines from one on (from 1) up to another; nil for a file without block scalars.
    func lines(from first: Int, through last: Int) -> [ArraySlice<UInt8>]? {
        first <= last ? tree.storage.lines(first - 1..<last) : nil
    }

    /// The file's path as the user knows it.
    package var file: String { tree.source.path }
    package var span: SourceSpan { SourceSpan(source: tree.source, place: record.place) }
}

/// A key of a mapping with its value.
package struct YAMLEntry: Sendable {
    /// The key's text: a plain integer key is taken as written.
    package let key: String
    /// Merged entries keep the place where they were written.
    package let keySpan: SourceSpan
    package let value: YAMLNode
}

extension YAMLNode {
    package var content: Content {
        let record = record
        switch record.kind {
        case .scalar: return .scalar(tree.storage.text(record.range))
        case .sequence: return .sequence(items(of: record))
        case .mapping: return .mapping(entries(of: record))
        }
    }

    private func items(of record: YAMLStorage.Record) -> [YAMLNode] {
        tree.storage.items[record.range].map { YAMLNode(tree, $0) }
    }

    private func entries(of record: YAMLStorage.Record) -> [YAMLEntry] {
        tree.storage.pairs[record.range].map { pair in
            YAMLEntry(
                key: tree.storage.text(pair.keyRange), keySpan: SourceSpan(source: tree.source, place: pair.keyPlace),
                value: YAMLNode(tree, pair.value))
        }
    }

    package var isMapping: Bool { record.kind == .mapping }

    /// The text of a scalar, nil for a collection.
    package var text: String? {
        let record = record
        return record.kind == .scalar ? tree.storage.text(record.range) : nil
    }

    /// The entries of a mapping, nil for anything else.
    package var entries: [YAMLEntry]? {
        let record = record
        return record.kind == .mapping ? entries(of: record) : nil
    }

    /// The items of a sequence, nil for anything else.
    package var items: [YAMLNode]? {
        let record = record
        return record.kind == .sequence ? items(of: record) : nil
    }

    package subscript(_ key: String) -> YAMLNode? { entries?.first { $0.key.isExactly(key) }?.value }

    /// True for a scalar whose text may be resolved (plain, not tagged as text).
    package var isPlain: Bool { record.isPlain }

    /// `null`, `~` or nothing.
    package var isNull: Bool {
        let record = record
        guard record.isPlain else { return false }
        if record.tag == .null { return true }
        return CoreSchema.mayBeNull(length: Int(record.count)) && CoreSchema.isNull(tree.storage.text(record.range))
    }

    /// What it is, for a message: `a list`, `the text 'x'`.
    package var kindDescription: String {
        switch content {
        case .sequence: return "a list"
        case .mapping: return "a map"
        case .scalar(let text):
            if isNull { return "nothing" }
            switch coreValue {
            case .bool(_): return "the bool \(text)"
            case .int(_), .float(_): return "the number \(text)"
            default:
                let shown = text.unicodeScalars.count > 40 ? String(text.unicodeScalars.prefix(37)) + "..." : text
                return "the text '\(shown)'"
            }
        }
    }
}

extension YAMLStorage.Record {
    fileprivate var isPlain: Bool { kind == .scalar && style == .plain && tag != .string && tag != .nonSpecific }
}
