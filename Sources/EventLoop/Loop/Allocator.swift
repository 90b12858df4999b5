internal import CSystem

/// How the C library hands out memory.
package enum Allocator {
    /// One heap for all threads, which grows in large steps. Call before the first thread is started.
    ///
    /// By default each thread gets a heap of its own, and such a heap asks the kernel for every few pages it grows by: 800
    /// calls, and a third of the time, of a command that runs for 30 ms.
    package static func shareOneHeap() { csystem_share_heap() }
}
