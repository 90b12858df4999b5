internal import CSystem
import Glibc

/// Starts a detached thread with the name that `top -H` and a debugger show (15 bytes at most).
func startThread(name: String, _ body: @escaping @Sendable () -> Void) -> pthread_t {
    let start = Unmanaged.passRetained(ThreadStart(name: String(name.prefix(15)), body: body))
    var thread = pthread_t()
    let code = pthread_create(
        &thread, nil,
        { context in
            guard let context else { return nil }
            let start = Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
            csystem_name_thread(start.name)
            start.body()
            return nil
        }, start.toOpaque())
    precondition(code == 0, "The process cannot start a thread it needs.")
    pthread_detach(thread)
    return thread
}

private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}
