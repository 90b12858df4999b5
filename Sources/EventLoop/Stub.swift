// Stand-in so that others compile: whoever writes TimeSource deletes this file.
package protocol TimeSource: Sendable {
    var monotonic: Duration { get }
    var sinceEpoch: Duration { get }
    func sleep(for duration: Duration) async throws
}
