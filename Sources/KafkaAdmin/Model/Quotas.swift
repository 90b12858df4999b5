/// Whom a quota holds for: a user, a client id, both, or an address; a nil name means the default of that kind.
package struct QuotaEntity: Sendable, Hashable {
    package struct Part: Sendable, Hashable {
        /// `user`, `client-id`, `ip`.
        package var type: String
        package var name: String?

        package init(type: String, name: String?) {
            self.type = type
            self.name = name
        }
    }

    /// By type.
    package var parts: [Part]

    package init(_ parts: [Part]) { self.parts = parts.sorted { $0.type < $1.type } }

    package static func user(_ name: String?) -> QuotaEntity { QuotaEntity([Part(type: "user", name: name)]) }
    package static func clientID(_ name: String?) -> QuotaEntity { QuotaEntity([Part(type: "client-id", name: name)]) }
    package static func address(_ name: String?) -> QuotaEntity { QuotaEntity([Part(type: "ip", name: name)]) }
}

/// Which quotas are meant: every component must hold; without components, all of them.
package struct QuotaFilter: Sendable, Hashable {
    package enum Match: Sendable, Hashable {
        case exactly(String)
        case theDefault
        case any
    }

    package struct Component: Sendable, Hashable {
        package var type: String
        package var match: Match

        package init(type: String, match: Match) {
            self.type = type
            self.match = match
        }
    }

    package var components: [Component]
    /// Only entities that have no other part than those named.
    package var isStrict: Bool

    package init(_ components: [Component] = [], isStrict: Bool = false) {
        self.components = components
        self.isStrict = isStrict
    }
}

/// The quotas of one entity, by key: `producer_byte_rate`, `consumer_byte_rate`, `request_percentage`,
/// `controller_mutation_rate`, `connection_creation_rate`.
package struct QuotaSetting: Sendable, Hashable {
    package var entity: QuotaEntity
    package var values: [String: Double]

    package init(entity: QuotaEntity, values: [String: Double]) {
        self.entity = entity
        self.values = values
    }
}

/// A change of the quotas of one entity; a nil value takes the key away.
package struct QuotaChange: Sendable, Hashable {
    package var entity: QuotaEntity
    package var values: [String: Double?]

    package init(entity: QuotaEntity, values: [String: Double?]) {
        self.entity = entity
        self.values = values
    }
}
