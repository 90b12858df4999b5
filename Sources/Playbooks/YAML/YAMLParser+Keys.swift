import CLibYAML
import Values

extension YAMLParser {
    // MARK: Keys

    private static let indexedFrom = 8

    mutating func key(_ node: YAMLNode, at place: YAMLPlace, in top: Int) -> Frame.Key {
        guard case .scalar(let text) = node.content else {
            if frames[top].isFlow, case .mapping = node.content {
                report(
                    "unquoted-expression", "quote this expression: YAML reads {{ }} as maps", "\"{{ … }}\"", at: place)
            } else {
                report("key-not-text", "a key must be text, not \(node.kindDescription)", nil, at: place)
            }
            return .refused
        }
        if node.style == .plain, node.tag == .none {
            if text == "<<" {
                if frames[top].mergeKey != nil {
                    report("duplicate-key", "the key '<<' stands here a second time", "give it a list", at: place)
                    return .refused
                }
                frames[top].mergeKey = place
                return .merge(place)
            }
            if text.utf8.count < 24 {
                switch CoreSchema.resolve(text) {
                case .text, .int, .outOfRange: break
                case .null:
                    report(
                        "key-not-text", "a key must be text, not nothing ('\(text)')", "quote it if it is meant",
                        at: place)
                    return .refused
                case .bool, .float:
                    report("key-not-text", "the key '\(text)' must be text", "quote it", at: place)
                    return .refused
                }
            }
        } else if node.tag.isScalarType {
            report("key-not-text", "a key must be text", nil, at: place)
            return .refused
        }
        guard isNew(text, in: top) else {
            let first = frames[top].entries.first { $0.key.isExactly(text) }
            report(
                "duplicate-key", "the key '\(text)' stands here a second time",
                first.map { "first in line \($0.keyPlace.line)" }, at: place)
            return .refused
        }
        return .text(text, place)
    }

    private mutating func isNew(_ key: String, in top: Int) -> Bool {
        let count = frames[top].entries.count
        if count < Self.indexedFrom {
            for entry in frames[top].entries where entry.key.isExactly(key) { return false }
            return true
        }
        if frames[top].seen.isEmpty {
            for entry in frames[top].entries { frames[top].seen.insert(ExactText(entry.key)) }
        }
        return frames[top].seen.insert(ExactText(key)).inserted
    }

    /// Adds what `<<` brings: explicit keys win, then the earlier of a list.
    mutating func merge(into frame: inout Frame) {
        var names = Set(frame.entries.map { ExactText($0.key) })
        for (place, node) in frame.merges {
            let maps: [YAMLNode]
            switch node.content {
            case .mapping: maps = [node]
            case .sequence(let items): maps = items
            case .scalar: maps = [node]
            }
            for map in maps {
                guard case .mapping(let entries) = map.content else {
                    report("bad-merge", "'<<' merges maps, not \(map.kindDescription)", nil, at: place)
                    continue
                }
                merged += entries.count
                guard merged <= Self.maximumMergedEntries else {
                    stop(
                        "too-many-nodes", "merge keys add more than \(Self.maximumMergedEntries) entries in this file",
                        at: place)
                    return
                }
                for entry in entries where names.insert(ExactText(entry.key)).inserted { frame.entries.append(entry) }
            }
        }
    }

    // MARK: Tags

    private static let standard = "tag:yaml.org,2002:"

    mutating func tag(_ pointer: UnsafeMutablePointer<UInt8>?, _ event: yaml_event_t) -> YAMLNode.Tag {
        guard let pointer else { return .none }
        let name = Self.text(pointer)
        switch name {
        case "!": return .nonSpecific
        case "tag:yaml.org,2002:str": return .string
        case "tag:yaml.org,2002:int": return .int
        case "tag:yaml.org,2002:float": return .float
        case "tag:yaml.org,2002:bool": return .bool
        case "tag:yaml.org,2002:null": return .null
        case "tag:yaml.org,2002:map": return .map
        case "tag:yaml.org,2002:seq": return .sequence
        default:
            let shown = name.hasPrefix(Self.standard) ? "!!" + name.dropFirst(Self.standard.count) : name
            let hint: String =
                switch shown {
                case "!vault": "write {secret: \"vault:…\"} or {secret: \"cmd:…\"}: secrets are a type of their own"
                case "!unsafe": "text without {{ }} needs no tag"
                case "!env": "write {secret: \"env:NAME\"}, or give the value with -e"
                default: "known are !!str !!int !!float !!bool !!null !!map !!seq"
                }
            report(
                "unknown-tag", "the tag \(shown) is not known", hint, at: YAMLPlace(event.start_mark, event.end_mark))
            return .none
        }
    }
}
