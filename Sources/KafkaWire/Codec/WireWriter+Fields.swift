extension WireWriter: WireCoder {
    /// Whether the field is to be written; for a tagged field, what follows is its payload.
    @inline(__always)
    private mutating func begin(_ field: WireField, isDefault: Bool) throws(WireError) -> Bool {
        guard field.versions.contains(version) else {
            guard isDefault || field.isIgnorable else { throw lost(field) }
            return false
        }
        guard let tag = field.tag else { return true }
        guard !isDefault else { return false }
        enterTag(tag)
        return true
    }

    @inline(__always)
    private mutating func end(_ field: WireField) {
        if field.tag != nil { leaveTag() }
    }

    @inline(__always)
    private func compact(_ field: WireField) -> Bool { isFlexible && !field.isNeverCompact }

    @inline(never)
    private func lost(_ field: WireField) -> WireError {
        WireError(
            .unsupportedField,
            "is set, but exists only in versions \(field.versions), and version \(version) is spoken here",
            offset: bytes.count
        ).inside(field.name)
    }

    private func checkNull(_ field: WireField) throws(WireError) {
        guard !field.nullable.contains(version) else { return }
        throw WireError(.unexpectedNull, "null, which version \(version) does not allow", offset: bytes.count)
            .inside(field.name)
    }

    @inline(__always)
    package mutating func scalar<T: WireScalar>(
        _ field: WireField, _ value: inout T, default fallback: T
    ) throws(WireError) {
        guard try begin(field, isDefault: value == fallback) else { return }
        do throws(WireError) {
            try value.write(to: &self, compact: compact(field))
        } catch {
            throw error.inside(field.name)
        }
        end(field)
    }

    package mutating func nullableScalar<T: WireNullableScalar>(
        _ field: WireField, _ value: inout T?, default fallback: T?
    ) throws(WireError) {
        guard try begin(field, isDefault: value == fallback) else { return }
        if let present = value {
            do throws(WireError) {
                try present.write(to: &self, compact: compact(field))
            } catch {
                throw error.inside(field.name)
            }
        } else {
            try checkNull(field)
            T.writeNull(to: &self, compact: compact(field))
        }
        end(field)
    }

    package mutating func scalars<T: WireScalar>(_ field: WireField, _ value: inout [T]) throws(WireError) {
        guard try begin(field, isDefault: value.isEmpty) else { return }
        try writeScalars(field, value)
        end(field)
    }

    package mutating func nullableScalars<T: WireScalar>(
        _ field: WireField, _ value: inout [T]?, default fallback: [T]?
    ) throws(WireError) {
        guard try begin(field, isDefault: value == fallback) else { return }
        try writeScalars(field, value)
        end(field)
    }

    package mutating func structs<T: WireStruct>(_ field: WireField, _ value: inout [T]) throws(WireError) {
        guard try begin(field, isDefault: value.isEmpty) else { return }
        try writeStructs(field, value)
        end(field)
    }

    package mutating func nullableStructs<T: WireStruct>(
        _ field: WireField, _ value: inout [T]?, default fallback: [T]?
    ) throws(WireError) {
        // An array's default is null or empty, never something to compare in depth.
        let isDefault = value == nil ? fallback == nil : value?.isEmpty == true && fallback?.isEmpty == true
        guard try begin(field, isDefault: isDefault) else { return }
        try writeStructs(field, value)
        end(field)
    }

    package mutating func `struct`<T: WireStruct>(_ field: WireField, _ value: inout T) throws(WireError) {
        // Only a tagged field, or one outside the version, is looked at in depth for whether it may be left out.
        let isPlain = field.tag == nil && field.versions.contains(version)
        guard try begin(field, isDefault: !isPlain && value == T()) else { return }
        do throws(WireError) {
            try value.write(to: &self)
        } catch {
            throw error.inside(field.name)
        }
        end(field)
    }

    package mutating func nullableStruct<T: WireStruct>(_ field: WireField, _ value: inout T?) throws(WireError) {
        guard try begin(field, isDefault: value == nil) else { return }
        if value == nil { try checkNull(field) }
        // The marker is a number of one byte in the body, and a variable-length one within a tagged field.
        if field.tag == nil {
            integer(value == nil ? -1 as Int8 : 1)
        } else {
            uvarint(value == nil ? 0 : 1)
        }
        if let present = value {
            do throws(WireError) {
                try present.write(to: &self)
            } catch {
                throw error.inside(field.name)
            }
        }
        end(field)
    }

    private mutating func writeScalars<T: WireScalar>(_ field: WireField, _ value: [T]?) throws(WireError) {
        guard let value else {
            try checkNull(field)
            try count(nil, compact: compact(field))
            return
        }
        do throws(WireError) {
            try count(value.count, compact: compact(field))
            for element in value { try element.write(to: &self, compact: compact(field)) }
        } catch {
            throw error.inside(field.name)
        }
    }

    private mutating func writeStructs<T: WireStruct>(_ field: WireField, _ value: [T]?) throws(WireError) {
        guard let value else {
            try checkNull(field)
            try count(nil, compact: compact(field))
            return
        }
        do throws(WireError) {
            try count(value.count, compact: compact(field))
        } catch {
            throw error.inside(field.name)
        }
        for (index, element) in value.enumerated() {
            do throws(WireError) {
                try element.write(to: &self)
            } catch {
                throw error.inside(field.name, at: index)
            }
        }
    }
}
