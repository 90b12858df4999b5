// Stand-in so that others compile: whoever writes KafkaError deletes this file.
package struct KafkaError: Error, Sendable, Hashable {
    package struct Code: Sendable, Hashable {}
    package var code: Code
    package var message: String
    package var nextAction: String?
}
