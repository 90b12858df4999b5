package import RunEngine

extension Stopper {
    /// What `body` answers; nil, and early, when it is asked to stop before.
    package func interrupting<Success: Sendable>(_ body: @escaping @Sendable () async -> Success) async -> Success? {
        await withTaskGroup(of: Success?.self) { group in
            group.addTask { await body() }
            group.addTask {
                _ = await self.waitForRequests(1)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }
}
