package import Values

extension ValueType {
    /// True when a value of type `other` may stand where this type is wanted: the same type, an int for a float, a `T` or null
    /// for a `T?`, and the same inside lists, maps and records. Nothing else converts.
    package func accepts(_ other: ValueType) -> Bool {
        switch (self, other) {
        case (_, .never), (.json, _), (.float, .int): true
        case (.bool, .bool), (.string, .string), (.int, .int): true
        case (.textOrSecret, .string), (.textOrSecret, .secret): true
        case (.optional(let wrapped), .optional(let inner)): wrapped.accepts(inner)
        case (.optional, .null): true
        case (.optional(let wrapped), _): wrapped.accepts(other)
        case (.list(let element), .list(let inner)): element.accepts(inner)
        case (.list(let element), .tuple(let inner)): inner.allSatisfy(element.accepts)
        case (.tuple(let elements), .tuple(let inner)):
            elements.count == inner.count && zip(elements, inner).allSatisfy { $0.accepts($1) }
        case (.map(let element), .map(let inner)): element.accepts(inner)
        case (.map(let element), .record(let record)): record.fields.allSatisfy { element.accepts($0.type) }
        case (.record(let wanted), .record(let given)):
            wanted.fields.allSatisfy { field in
                guard let found = given[field.name] else { return field.mayBeAbsent || field.type.isOptional }
                return field.type.accepts(found.type) && (field.mayBeAbsent || !found.mayBeAbsent)
            }
        default: self == other
        }
    }

    /// The narrowest type that both fit, nil when there is none but `json`.
    package func unified(with other: ValueType) -> ValueType? {
        if self == other { return self }
        switch (self, other) {
        case (.never, _): return other
        case (_, .never): return self
        case (.json, _), (_, .json): return .json
        case (.int, .float), (.float, .int): return .float
        case (.null, .optional), (.optional, .null): return self == .null ? other : self
        case (.null, _): return .optional(other)
        case (_, .null): return .optional(self)
        case (.optional(let one), .optional(let two)): return one.unified(with: two).map { .optional($0) }
        case (.optional(let one), _): return one.unified(with: other).map { .optional($0) }
        case (_, .optional(let two)): return unified(with: two).map { .optional($0) }
        case (.list(let one), .list(let two)): return one.unified(with: two).map { .list($0) }
        case (.tuple(let one), .tuple(let two)):
            guard one.count == two.count else { return nil }
            let elements = zip(one, two).compactMap { $0.unified(with: $1) }
            return elements.count == one.count ? .tuple(elements) : nil
        case (.tuple(let elements), .list), (.list, .tuple(let elements)):
            guard let element = ValueType.unified(elements) else { return nil }
            let list: ValueType = if case .list = self { self } else { other }
            return ValueType.list(element).unified(with: list)
        case (.map(let one), .map(let two)): return one.unified(with: two).map { .map($0) }
        case (.map(let element), .record(let record)), (.record(let record), .map(let element)):
            return ValueType.unified([element] + record.fields.map(\.type)).map { .map($0) }
        case (.record(let one), .record(let two)): return one.unified(with: two).map { .record($0) }
        default: return nil
        }
    }

    /// The type that all of them fit; `never` for none.
    package static func unified(_ types: some Sequence<ValueType>) -> ValueType? {
        var result = ValueType.never
        for type in types {
            guard let next = result.unified(with: type) else { return nil }
            result = next
        }
        return result
    }

    package var isOptional: Bool {
        switch self {
        case .optional, .null: true
        default: false
        }
    }

    /// `T` of `T?`; the type itself otherwise.
    package var unwrapped: ValueType {
        if case .optional(let wrapped) = self { wrapped.unwrapped } else { self }
    }

    var isNumber: Bool { self == .int || self == .float }

    /// True when a secret is in values of this type.
    package var containsSecret: Bool {
        switch self {
        case .secret: true
        case .list(let element), .map(let element), .optional(let element): element.containsSecret
        case .tuple(let elements): elements.contains { $0.containsSecret }
        case .record(let record): record.fields.contains { $0.type.containsSecret }
        default: false
        }
    }

    /// The type with each of `from` replaced, for what is derived from secrets.
    func replacing(_ from: ValueType, with to: ValueType) -> ValueType {
        if self == from { return to }
        switch self {
        case .list(let element): return .list(element.replacing(from, with: to))
        case .map(let element): return .map(element.replacing(from, with: to))
        case .optional(let element): return .optional(element.replacing(from, with: to))
        case .tuple(let elements): return .tuple(elements.map { $0.replacing(from, with: to) })
        case .record(var record):
            for index in record.fields.indices {
                record.fields[index].type = record.fields[index].type.replacing(from, with: to)
            }
            return .record(record)
        default: return self
        }
    }

    /// True when a value may stand in text as it is.
    var isText: Bool {
        switch self {
        case .string, .int, .float, .bytes, .duration, .timestamp, .version, .secret, .never: true
        default: false
        }
    }

    /// True when `==` between the two can ever be true.
    func isComparable(with other: ValueType) -> Bool {
        switch (unwrapped, other.unwrapped) {
        case (.json, _), (_, .json), (.never, _), (_, .never): return true
        case (.string, .string), (.int, .int), (.bool, .bool): return true
        case (.null, _): return other.isOptional
        case (_, .null): return isOptional
        case (.secret, .string), (.string, .secret): return true
        case (.list(let one), .list(let two)): return one.isComparable(with: two)
        case (.record, .record), (.record, .map), (.map, .record): return true
        case (.map(let one), .map(let two)): return one.isComparable(with: two)
        case (.cluster, .string), (.string, .cluster): return true
        case (let one, let two): return one.unified(with: two) != nil
        }
    }

    /// For messages: records with their first fields.
    var shown: String {
        switch self {
        case .record(let record):
            let names = record.fields.prefix(4).map(\.name).joined(separator: ", ")
            return "record {\(names)\(record.fields.count > 4 ? ", …" : "")}"
        case .list(let element): return "list<\(element.shown)>"
        case .optional(let wrapped): return "\(wrapped.shown)?"
        default: return description
        }
    }

    /// The type that a value shows: what a variable without a declaration has. Lists of maps become lists of one record whose
    /// fields are absent where a map lacks them; mixed lists become `list<json>`.
    package static func inferred(from value: Value) -> ValueType {
        switch value {
        case .null: return .null
        case .bool: return .bool
        case .int: return .int
        case .float: return .float
        case .string: return .string
        case .bytes: return .bytes
        case .duration: return .duration
        case .timestamp: return .timestamp
        case .version: return .version
        case .secret: return .secret
        case .list(let items): return .list(unified(items.map { inferred(from: $0) }) ?? .json)
        case .map(let map):
            if SecretSource(value, file: "") != nil { return .secret }
            return .record(RecordType(map.map { RecordType.Field($0.key, inferred(from: $0.value)) }))
        }
    }
}

extension RecordType {
    /// A record that values of both fit: a field that only one has may be absent.
    func unified(with other: RecordType) -> RecordType? {
        var result: [Field] = []
        for field in fields {
            guard let found = other[field.name] else {
                result.append(field.absent)
                continue
            }
            guard let type = field.type.unified(with: found.type) else { return nil }
            result.append(Field(field.name, type, mayBeAbsent: field.mayBeAbsent || found.mayBeAbsent, field.summary))
        }
        for field in other.fields where self[field.name] == nil { result.append(field.absent) }
        return RecordType(result)
    }
}

extension RecordType.Field {
    var absent: Self { Self(name, type, mayBeAbsent: true, summary) }
}
