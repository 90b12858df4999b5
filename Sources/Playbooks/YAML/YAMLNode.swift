import Values

/// One value of a YAML file as it stands there: the source text of its scalars, and where everything is.
///
/// What a plain scalar means is decided later, by the type that is declared for it, so that `version: 3.10` stays `3.10`;
/// `YAMLNode.coreValue` answers where no type is declared. Aliases share the node that they name.
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

    package var content: Content
    package var style: Style
    package var tag: Tag
    /// True for a map of which a key was refused, which was reported: it may lack what its author wrote.
    package var isDamaged = false
    /// The file's path as the user knows it.
    package let file: String
    let place: YAMLPlace

    init(_ content: Content, style: Style = .plain, tag: Tag = .none, file: String, place: YAMLPlace) {
        self.content = content
        self.style = style
        self.tag = tag
        self.file = file
        self.place = place
    }

    package var span: SourceSpan {
        SourceSpan(
            file: file, line: Int(place.line), column: Int(place.column), endLine: Int(place.endLine),
            endColumn: Int(place.endColumn))
    }
}

/// A key of a mapping with its value.
package struct YAMLEntry: Sendable {
    /// The key's text: a plain integer key is taken as written.
    package let key: String
    package let keyPlace: YAMLPlace
    package let value: YAMLNode
    /// The file of the key (merged entries keep the place where they were written).
    package var keySpan: SourceSpan {
        SourceSpan(
            file: value.file, line: Int(keyPlace.line), column: Int(keyPlace.column), endLine: Int(keyPlace.endLine),
            endColumn: Int(keyPlace.endColumn))
    }
}

/// A range in a file in 16 bytes: lines and columns from 1, columns in code points, the end past the last character.
package struct YAMLPlace: Sendable, Hashable {
    package var line: UInt32
    package var column: UInt32
    package var endLine: UInt32
    package var endColumn: UInt32
}

extension YAMLNode {
    /// The text of a scalar, nil for a collection.
    package var text: String? {
        if case .scalar(let text) = content { text } else { nil }
    }

    /// The entries of a mapping, nil for anything else.
    package var entries: [YAMLEntry]? {
        if case .mapping(let entries) = content { entries } else { nil }
    }

    /// The items of a sequence, nil for anything else.
    package var items: [YAMLNode]? {
        if case .sequence(let items) = content { items } else { nil }
    }

    package subscript(_ key: String) -> YAMLNode? { entries?.first { $0.key.isExactly(key) }?.value }

    /// True for a scalar whose text may be resolved (plain, not tagged as text).
    package var isPlain: Bool {
        guard case .scalar = content else { return false }
        return style == .plain && tag != .string && tag != .nonSpecific
    }

    /// `null`, `~` or nothing.
    package var isNull: Bool {
        guard isPlain, case .scalar(let text) = content else { return false }
        return tag == .null || CoreSchema.isNull(text)
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
