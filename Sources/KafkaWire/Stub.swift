// Stand-ins so that others compile: whoever writes these types deletes this file.
package struct KafkaUUID: Sendable, Hashable {
    package init() {}
}

package struct KafkaErrorCode: Sendable, Hashable, RawRepresentable {
    package var rawValue: Int16
    package init(rawValue: Int16) { self.rawValue = rawValue }
}
