import Glibc
import Values

/// The path of a source file as a number: a load names a few files and makes many spans, which are copied without counting
/// references this way.
///
/// The names of a process are kept for good. They are the files that it reads (bounded by `SourceLibrary.maximumFiles` in a
/// load) and its options, never text from inside a file.
package struct SourceName: Sendable, Hashable {
    private let number: UInt32

    package init(_ path: String) { number = SourceNames.shared.number(of: path) }

    /// As the user knows it.
    package var path: String { SourceNames.shared.path(of: number) }
}

/// The names given out so far, behind a lock.
private final class SourceNames: @unchecked Sendable {
    static let shared = SourceNames()

    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var paths: [String] = []
    private var numbers: [ExactText: UInt32] = [:]

    private init() {
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
    }

    func number(of path: String) -> UInt32 {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        if let known = numbers[ExactText(path)] { return known }
        let number = UInt32(clamping: paths.count)
        paths.append(path)
        numbers[ExactText(path)] = number
        return number
    }

    func path(of number: UInt32) -> String {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return paths.indices.contains(Int(number)) ? paths[Int(number)] : ""
    }
}
