import CLibYAML
import Values

extension YAMLParser {
    // MARK: Keys

    private static let indexedFrom = 8

    mutating func key(_ number: UInt32, at place: SourcePlace, in top: Int) -> Frame.Key {
        let record = storage.records[Int(number)]
        guard record.kind == .scalar else {
            if frames[top].isFlow, record.kind == .mapping {
                report(
                    "unquoted-expression", "quote this expression: YAML reads {{ }} as maps", "\"{{ … }}\"", at: place)
            } else {
                report("key-not-text", "a key must be text, not \(node(number).kindDescription)", nil, at: place)
            }
            return .refused
        }
        if record.style == .plain, record.tag == .none {
            if isMergeKey(record) {
                if frames[top].mergeKey != nil {
                    report("duplicate-key", "the key '<<' stands here a second time", "give it a list", at: place)
                    return .refused
                }
                frames[top].mergeKey = place
                return .merge(place)
            }
            guard isText(record, at: place) else { return .refused }
        } else if record.tag.isScalarType {
            report("key-not-text", "a key must be text", nil, at: place)
            return .refused
        }
        guard isNew(record, in: top) else {
            let text = storage.text(record.range)
            let first = openPairs[frames[top].first...].first { storage.isSame($0.keyRange, record.range) }
            report(
                "duplicate-key", "the key '\(text)' stands here a second time",
                first.map { "first in line \($0.keyPlace.line)" }, at: place)
            return .refused
        }
        return .text(number, place)
    }

    private func isMergeKey(_ record: YAMLStorage.Record) -> Bool {
        record.count == 2 && storage.firstByte(record.range) == UInt8(ascii: "<") && storage.text(record.range) == "<<"
    }

    /// True for a plain key that is read as text; reports one that YAML takes for something else.
    private mutating func isText(_ record: YAMLStorage.Record, at place: SourcePlace) -> Bool {
        guard record.count < 24, CoreSchema.maySpellValue(startingWith: storage.firstByte(record.range)) else {
            return true
        }
        let text = storage.text(record.range)
        switch CoreSchema.resolve(text) {
        case .text, .int, .outOfRange: return true
        case .null:
            report("key-not-text", "a key must be text, not nothing ('\(text)')", "quote it if it is meant", at: place)
        case .bool, .float: report("key-not-text", "the key '\(text)' must be text", "quote it", at: place)
        }
        return false
    }

    private mutating func isNew(_ key: YAMLStorage.Record, in top: Int) -> Bool {
        let pairs = openPairs[frames[top].first...]
        if pairs.count < Self.indexedFrom {
            for pair in pairs where storage.isSame(pair.keyRange, key.range) { return false }
            return true
        }
        if frames[top].seen.isEmpty {
            for pair in pairs { frames[top].seen.insert(ExactText(storage.text(pair.keyRange))) }
        }
        return frames[top].seen.insert(ExactText(storage.text(key.range))).inserted
    }

    /// Adds what `<<` brings: explicit keys win, then the earlier of a list.
    mutating func merge(into frame: Frame) {
        var names = Set(openPairs[frame.first...].map { ExactText(storage.text($0.keyRange)) })
        for (place, number) in frame.merges {
            let record = storage.records[Int(number)]
            let maps = record.kind == .sequence ? Array(storage.items[record.range]) : [number]
            for map in maps {
                let record = storage.records[Int(map)]
                guard record.kind == .mapping else {
                    report("bad-merge", "'<<' merges maps, not \(node(map).kindDescription)", nil, at: place)
                    continue
                }
                merged += Int(record.count)
                guard merged <= Self.maximumMergedEntries else {
                    stop(
                        "too-many-nodes", "merge keys add more than \(Self.maximumMergedEntries) entries in this file",
                        at: place)
                    return
                }
                for pair in storage.pairs[record.range]
                where names.insert(ExactText(storage.text(pair.keyRange))).inserted { openPairs.append(pair) }
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
                case "!vault": "write {secret: \"vault:FILE#KEY\"}: secrets are a type of their own"
                case "!unsafe": "text without {{ }} needs no tag"
                case "!env": "write {secret: \"env:NAME\"}, or give the value with -e"
                default: "known are !!str !!int !!float !!bool !!null !!map !!seq"
                }
            report(
                "unknown-tag", "the tag \(shown) is not known", hint, at: SourcePlace(event.start_mark, event.end_mark))
            return .none
        }
    }
}
