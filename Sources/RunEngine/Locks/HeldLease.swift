import EventLoop
import Synchronization
import Values

/// Why a lease is not one's own any more.
package enum LeaseLoss: Sendable, Hashable {
    /// It could not be renewed before it ran out.
    case late(length: Duration, reason: String?)
    /// Another one has it, or a person took it away.
    case taken(Lease)

    package func sentence(cluster: String) -> String {
        switch self {
        case .late(let length, let reason):
            "the lock of \(cluster) is lost: it was not renewed within its \(length.text), "
                + (reason ?? "since this process stood still")
        case .taken(let lease):
            switch (lease.state, lease.breaking) {
            case (.broken, let breaking?):
                "the lock of \(cluster) is lost: \(breaking.user) on \(breaking.host) broke it: \(breaking.reason)"
            default: "the lock of \(cluster) is lost to \(lease.holder.description)"
            }
        }
    }
}

/// A lease that this process has, until it gives it back or loses it: once lost, it stays lost.
///
/// A task of its own renews it at a third of its length and looks in between whether it was taken away. Who is about to
/// change something asks `isHeld`, which reads a clock and no more.
package final class HeldLease: Sendable {
    package let clusterID: String
    package let cluster: String
    package let store: any LeaseStore
    /// What was there when it was taken, where that was somebody's; nil: the cluster was free.
    package let former: Lease?
    /// Why it is kept somewhere else than it should be.
    package let instead: String?
    private let rivals: (@Sendable () async throws -> [Lease])?
    private let clock: any TimeSource
    private let bootID: String
    /// In nanoseconds of the clock; 0 once it is lost.
    private let deadline: Atomic<Int64>
    private let state: Locked<State>

    private struct State {
        var lease: Lease
        var loss: LeaseLoss?
        /// Why it was not renewed the last time that was tried.
        var problem: String?
        var keeper: Task<Void, Never>?
        var onLoss: (@Sendable (LeaseLoss) -> Void)?
        var isReleased = false
    }

    /// Renewals, and the files they are in, block nobody.
    private static let thread = BlockingThread(name: "opsrun-lock")

    /// `begin`: when it was asked for, by `clock`.
    init(
        _ lease: Lease, former: Lease?, _ request: ClusterLock.Request, in store: any LeaseStore,
        clock: any TimeSource, bootID: String, since begin: Duration
    ) {
        clusterID = lease.clusterID
        cluster = request.cluster
        instead = request.instead
        rivals = request.rivals
        self.store = store
        self.former = former
        self.clock = clock
        self.bootID = bootID
        deadline = Atomic(Self.nanoseconds(begin + Self.usable(lease.length)))
        state = Locked(State(lease: lease))
    }

    deinit { state.withLock { $0.keeper }?.cancel() }

    package var lease: Lease { state.withLock { $0.lease } }

    /// The last part of a lease is not used: what is begun in it could act after its end.
    private static func usable(_ length: Duration) -> Duration { length - min(length / 10, longestMargin) }
    private static let longestMargin = Duration.seconds(2)

    private static func nanoseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : whole &+ attoseconds / 1_000_000_000
    }

    // MARK: Asking

    /// Whether something may be begun now that changes the cluster. One clock is read.
    package var isHeld: Bool {
        if isInTime { return true }
        lose(.late(length: lease.length, reason: nil))
        return false
    }

    private var isInTime: Bool { Self.nanoseconds(clock.monotonic) < deadline.load(ordering: .relaxed) }

    /// Why nothing may be begun any more.
    package var loss: LeaseLoss? { state.withLock { $0.loss } }

    /// `action` is told once, at once where it is lost already.
    package func onLoss(_ action: @escaping @Sendable (LeaseLoss) -> Void) {
        let loss = state.withLock { state in
            state.onLoss = action
            return state.loss
        }
        if let loss { action(loss) }
    }

    private func lose(_ loss: LeaseLoss) {
        let told = state.withLock { state -> (LeaseLoss, (@Sendable (LeaseLoss) -> Void)?)? in
            guard state.loss == nil, !state.isReleased else { return nil }
            var loss = loss
            if case .late(let length, nil) = loss { loss = .late(length: length, reason: state.problem) }
            state.loss = loss
            return (loss, state.onLoss)
        }
        deadline.store(0, ordering: .relaxed)
        if let (loss, action) = told { action?(loss) }
    }

    // MARK: Keeping

    /// Renews it from now on.
    func keep() {
        let task = Task(executorPreference: Self.thread) { [weak self] in
            while let pause = self?.pause {
                guard let clock = self?.clock else { return }
                do { try await clock.sleep(for: pause) } catch { return }
                guard await self?.turn() == true else { return }
            }
        }
        state.withLock { $0.keeper = task }
    }

    private var pause: Duration {
        let length = lease.length
        return min(store.lookInterval ?? length / 3, length / 6)
    }

    /// False: there is nothing more to keep.
    private func turn() async -> Bool {
        guard isHeld else { return false }
        let lease = lease
        let moment = LeaseMoment.now(clock, bootID: bootID)
        // A third of it is gone when two thirds are left.
        let isDue = lease.expiresSinceBoot - moment.sinceBoot <= lease.length * 2 / 3
        guard isDue else {
            guard store.lookInterval != nil else { return true }
            do {
                guard let seen = try await store.lease(of: clusterID) else {
                    lose(.late(length: lease.length, reason: "and nothing is left of it in \(store.place)"))
                    return false
                }
                if isOurs(seen) { return true }
                lose(.taken(seen))
                return false
            } catch {
                // What cannot be looked at is renewed in time, or lost.
                return true
            }
        }
        return await renew()
    }

    /// Epochs begin anew where a store was emptied: the holder is compared, too.
    private func isOurs(_ other: Lease) -> Bool { Self.isSame(other, lease) }

    private static func isSame(_ other: Lease, _ own: Lease) -> Bool {
        other.epoch == own.epoch && other.state == .held && other.holder.runID == own.holder.runID
            && other.holder.pid == own.holder.pid && other.holder.startTime == own.holder.startTime
            && other.holder.bootID == own.holder.bootID
    }

    /// Renews it now; false when it is lost. Called by the keeper, and by tests.
    package func renew() async -> Bool {
        let begin = clock.monotonic
        let own = lease
        do {
            let change = try await store.replace(clusterID) { [self] present in
                guard var next = present, Self.isSame(next, own), isInTime else { return nil }
                next.renew(at: .now(clock, bootID: bootID))
                return next
            }
            if let renewed = change.after {
                state.withLock { state in
                    state.lease = renewed
                    state.problem = nil
                    guard state.loss == nil else { return }
                    // Of two at once the one that began later counts.
                    let end = Self.nanoseconds(begin + Self.usable(renewed.length))
                    if end > deadline.load(ordering: .relaxed) { deadline.store(end, ordering: .relaxed) }
                }
                return isHeld
            }
            if let before = change.before, !isOurs(before) {
                lose(.taken(before))
            } else if change.before == nil {
                lose(.late(length: lease.length, reason: "and nothing is left of it in \(store.place)"))
            } else {
                lose(.late(length: lease.length, reason: nil))
            }
            return false
        } catch {
            let failure = StepFailure(converting: error)
            state.withLock { $0.problem = "and \(store.place) could not be written: \(failure.message)" }
            return isHeld
        }
    }

    /// Takes up what ran out while this process stood still, where nobody has had it since: the store still has it with this
    /// holder and this epoch. Only what is the safe end of something begun is done by this right. False: somebody else has it,
    /// or a person took it away.
    package func regain() async -> Bool {
        if isHeld { return true }
        let (own, loss, isReleased) = state.withLock { ($0.lease, $0.loss, $0.isReleased) }
        guard case .late? = loss, !isReleased else { return false }
        let begin = clock.monotonic
        let change = try? await store.replace(clusterID) { [self] present in
            guard var next = present, Self.isSame(next, own) else { return nil }
            next.renew(at: .now(clock, bootID: bootID))
            return next
        }
        guard let renewed = change?.after else { return false }
        if let rivals, (try? await rivals())?.isEmpty != true { return false }
        state.withLock { state in
            state.lease = renewed
            state.loss = nil
            state.problem = nil
            state.keeper?.cancel()
        }
        deadline.store(Self.nanoseconds(begin + Self.usable(renewed.length)), ordering: .relaxed)
        keep()
        return isHeld
    }

    /// Gives it back, where it is still one's own: who comes next need not wait until it runs out.
    package func release() async {
        let (own, keeper) = state.withLock { state in
            state.isReleased = true
            return (state.lease, state.keeper)
        }
        keeper?.cancel()
        await keeper?.value
        _ = try? await store.replace(clusterID) { present in
            guard var next = present, Self.isSame(next, own) else { return nil }
            next.state = .released
            return next
        }
    }
}

/// The leases of a run.
package final class HeldLeases: Sendable {
    package let all: [HeldLease]
    /// Somebody else had one of them first: what was read before is older than what they did.
    package let hasWaited: Bool

    package init(_ all: [HeldLease] = [], hasWaited: Bool = false) {
        self.all = all
        self.hasWaited = hasWaited
    }

    /// Whether something may be begun now that changes a cluster.
    var areHeld: Bool { all.allSatisfy(\.isHeld) }

    /// `HeldLease.regain` of all of them.
    func regain() async -> Bool {
        for lease in all { guard await lease.regain() else { return false } }
        return true
    }

    var loss: String? {
        for lease in all { if let loss = lease.loss { return loss.sentence(cluster: lease.cluster) } }
        return nil
    }

    package func release() async {
        for lease in all.reversed() { await lease.release() }
    }
}
