extension WireReader: WireCoder {
    /// Whether the field is in the bytes; for a tagged field the reader then stands at its payload.
    @inline(__always)
    private mutating func begin(_ field: WireField) throws(WireError) -> Bool {
        guard field.versions.contains(version) else { return false }
        guard let tag = field.tag else { return true }
        return try enterTag(tag)
    }

    @inline(__always)
    private mutating func end(_ field: WireField) throws(WireError) {
        if field.tag != nil { try leaveTag() }
    }

    @inline(__always)
    private func compact(_ field: WireField) -> Bool { isFlexible && !field.isNeverCompact }

    @inline(__always)
    package mutating func scalar<T: WireScalar>(
        _ field: WireField, _ value: inout T, default fallback: T
    ) throws(WireError) {
        do throws(WireError) {
            guard try begin(field) else {
                value = fallback
                return
            }
            value = try T.read(from: &self, compact: compact(field))
            try end(field)
        } catch {
            throw error.inside(field.name)
        }
    }

    package mutating func nullableScalar<T: WireNullableScalar>(
        _ field: WireField, _ value: inout T?, default fallback: T?
    ) throws(WireError) {
        do throws(WireError) {
            guard try begin(field) else {
                value = fallback
                return
            }
            value = try T.readNullable(from: &self, compact: compact(field))
            if value == nil, !field.nullable.contains(version) { throw unexpectedNull() }
            try end(field)
        } catch {
            throw error.inside(field.name)
        }
    }

    package mutating func scalars<T: WireScalar>(_ field: WireField, _ value: inout [T]) throws(WireError) {
        do throws(WireError) {
            guard try begin(field) else {
                value = []
                return
            }
            guard let elements = try scalarElements(T.self, field) else { throw unexpectedNull() }
            value = elements
            try end(field)
        } catch {
            throw error.inside(field.name)
        }
    }

    package mutating func nullableScalars<T: WireScalar>(
        _ field: WireField, _ value: inout [T]?, default fallback: [T]?
    ) throws(WireError) {
        do throws(WireError) {
            guard try begin(field) else {
                value = fallback
                return
            }
            value = try scalarElements(T.self, field)
            if value == nil, !field.nullable.contains(version) { throw unexpectedNull() }
            try end(field)
        } catch {
            throw error.inside(field.name)
        }
    }

    package mutating func structs<T: WireStruct>(_ field: WireField, _ value: inout [T]) throws(WireError) {
        guard try beginStructs(field) else {
            value = []
            return
        }
        guard let elements = try structElements(T.self, field) else { throw unexpectedNull().inside(field.name) }
        value = elements
        try endStructs(field)
    }

    package mutating func nullableStructs<T: WireStruct>(
        _ field: WireField, _ value: inout [T]?, default fallback: [T]?
    ) throws(WireError) {
        guard try beginStructs(field) else {
            value = fallback
            return
        }
        value = try structElements(T.self, field)
        if value == nil, !field.nullable.contains(version) { throw unexpectedNull().inside(field.name) }
        try endStructs(field)
    }

    package mutating func `struct`<T: WireStruct>(_ field: WireField, _ value: inout T) throws(WireError) {
        do throws(WireError) {
            value = T()
            guard try begin(field) else { return }
            try value.read(from: &self)
            try end(field)
        } catch {
            throw error.inside(field.name)
        }
    }

    package mutating func nullableStruct<T: WireStruct>(_ field: WireField, _ value: inout T?) throws(WireError) {
        do throws(WireError) {
            value = nil
            guard try begin(field) else { return }
            // The marker is a number of one byte in the body, and a variable-length one within a tagged field.
            let isPresent = field.tag == nil ? try integer(Int8.self) >= 0 : try uvarint() != 0
            if isPresent {
                var element = T()
                try element.read(from: &self)
                value = element
            } else if !field.nullable.contains(version) {
                throw unexpectedNull()
            }
            try end(field)
        } catch {
            throw error.inside(field.name)
        }
    }

    private mutating func scalarElements<T: WireScalar>(
        _ type: T.Type, _ field: WireField
    ) throws(WireError) -> [T]? {
        let compact = compact(field)
        guard let count = try count(compact: compact, elementSize: T.minimumSize(compact: compact)) else { return nil }
        if count > 0 { try charge(count, of: MemoryLayout<T>.stride) }
        var elements: [T] = []
        // Every element has been found to fit in the bytes that are here.
        elements.reserveCapacity(count)
        for _ in 0..<count { elements.append(try T.read(from: &self, compact: compact)) }
        return elements
    }

    /// The elements of an array of structs; a failure is named with the array and the element's index.
    private mutating func structElements<T: WireStruct>(
        _ type: T.Type, _ field: WireField
    ) throws(WireError) -> [T]? {
        let length: Int?
        do throws(WireError) {
            length = try count(compact: compact(field), elementSize: 1)
            if let length, length > 0 { try charge(length, of: MemoryLayout<T>.stride) }
        } catch {
            throw error.inside(field.name)
        }
        guard let length else { return nil }
        var elements: [T] = []
        elements.reserveCapacity(length)
        for index in 0..<length {
            var element = T()
            do throws(WireError) {
                try element.read(from: &self)
            } catch {
                throw error.inside(field.name, at: index)
            }
            elements.append(element)
        }
        return elements
    }

    private mutating func beginStructs(_ field: WireField) throws(WireError) -> Bool {
        do throws(WireError) { return try begin(field) } catch { throw error.inside(field.name) }
    }

    private mutating func endStructs(_ field: WireField) throws(WireError) {
        do throws(WireError) { try end(field) } catch { throw error.inside(field.name) }
    }
}
