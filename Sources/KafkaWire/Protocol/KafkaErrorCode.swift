/// An error code of the protocol; open, so that a code of a newer broker is carried and shown by its number.
package struct KafkaErrorCode: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// What a client should look up anew before it tries again.
    package enum Refresh: Sendable, Hashable {
        case metadata, coordinator, controller
    }

    package let rawValue: Int16

    package init(rawValue: Int16) { self.rawValue = rawValue }

    package var isError: Bool { rawValue != 0 }

    /// Kafka's name: `NOT_CONTROLLER`; `ERROR_137` for a code that is not in the table.
    package var name: String { entry?.name ?? "ERROR_\(rawValue)" }

    /// One line for the operator.
    package var meaning: String { entry?.meaning ?? "an error that this version does not know" }

    /// Whether the same request may succeed later. Unknown codes are not: like Kafka's clients, treat them as final.
    package var isRetriable: Bool { entry?.isRetriable ?? false }

    /// What the error says to be out of date at the client.
    package var refresh: Refresh? { entry?.refresh }

    /// Whether the code is in the table.
    package var isKnown: Bool { entry != nil }

    package var description: String { "\(name) (\(rawValue))" }

    struct Entry {
        let name: String
        let meaning: String
        let isRetriable: Bool
        let refresh: Refresh?

        init(_ name: String, _ meaning: String, retriable: Bool = false, refresh: Refresh? = nil) {
            self.name = name
            self.meaning = meaning
            isRetriable = retriable
            self.refresh = refresh
        }
    }

    private var entry: Entry? { Self.table[rawValue] }
}
