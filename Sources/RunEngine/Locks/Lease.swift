package import EventLoop
import Playbooks
package import Values

/// The lock of a cluster for a time: whoever has it renews it, and who does not has lost it.
///
/// Each taking raises the epoch, so that an older holder finds out that it is one.
package struct Lease: Sendable, Hashable {
    package enum State: String, Sendable {
        /// Until it runs out.
        case held
        /// Given back by its holder.
        case released
        /// Taken away by a person.
        case broken
    }

    /// Who took a lease away, and why.
    package struct Breaking: Sendable, Hashable {
        package var user: String
        package var host: String
        package var reason: String
        package var at: Timestamp

        package init(user: String, host: String, reason: String, at: Timestamp) {
            self.user = user
            self.host = host
            self.reason = reason
            self.at = at
        }
    }

    /// Kafka's own id, or the name where nobody asked for it.
    package var clusterID: String
    /// As the inventory of the holder names it.
    package var cluster: String
    package var state: State
    package var epoch: Int64
    package var holder: LockHolder
    package var length: Duration
    /// By the wall clock of the holder.
    package var expires: Timestamp
    /// The same by the clock of the holder's machine, since its boot: on that machine this one counts.
    package var expiresSinceBoot: Duration
    /// Present when `state` is broken.
    package var breaking: Breaking?

    init(
        clusterID: String, cluster: String, epoch: Int64, holder: LockHolder, length: Duration, at moment: LeaseMoment
    ) {
        self.clusterID = clusterID
        self.cluster = cluster
        self.epoch = epoch
        self.holder = holder
        self.length = length
        state = .held
        expires = moment.wall
        expiresSinceBoot = moment.sinceBoot
        renew(at: moment)
    }

    mutating func renew(at moment: LeaseMoment) {
        expires = moment.wall + length
        expiresSinceBoot = moment.sinceBoot + length
    }

    /// Clocks of different machines may differ so much.
    package static let skew = Duration.seconds(5)

    /// Nobody has it any more: it was given back or taken away, or has run out.
    package func isOver(at moment: LeaseMoment) -> Bool {
        guard state == .held else { return true }
        guard !holder.bootID.isEmpty, holder.bootID == moment.bootID else { return moment.wall > expires + Self.skew }
        return moment.sinceBoot > expiresSinceBoot
    }

    /// How a claim would follow this lease.
    func following(_ present: Lease?) -> Lease {
        var next = self
        next.epoch = (present?.epoch ?? 0) + 1
        return next
    }

    // MARK: JSON

    /// An epoch beyond this was not counted up to.
    private static let largestEpoch: Int64 = 1 << 53
    private static let longest = Duration.seconds(365 * 86_400)

    package func json() -> Value {
        var map = holder.json()
        map["cluster"] = .string(cluster)
        map["cluster_id"] = .string(clusterID)
        map["state"] = .string(state.rawValue)
        map["epoch"] = .int(epoch)
        map["length_ms"] = .int(length.milliseconds)
        map["expires"] = .timestamp(expires)
        map["expires_since_boot_ms"] = .int(expiresSinceBoot.milliseconds)
        if let breaking {
            map["broken_by"] = .string(breaking.user)
            map["broken_on"] = .string(breaking.host)
            map["broken_at"] = .timestamp(breaking.at)
            map["reason"] = .string(breaking.reason)
        }
        return .map(map)
    }

    /// Nil for what is no lease.
    package init?(json: Value) {
        guard let holder = LockHolder(json: json), let epoch = json["epoch"]?.intValue,
            (0...Self.largestEpoch).contains(epoch),
            let state = json["state"]?.stringValue.flatMap(State.init(rawValue:)),
            let length = json["length_ms"]?.intValue, (0...Self.longest.milliseconds).contains(length),
            let expires = json["expires"]?.stringValue.flatMap(Timestamp.init(rfc3339Text:)),
            let sinceBoot = json["expires_since_boot_ms"]?.intValue,
            (0...(100 * Self.longest.milliseconds)).contains(sinceBoot)
        else { return nil }
        self.holder = holder
        self.epoch = epoch
        self.state = state
        self.expires = expires
        self.length = .milliseconds(length)
        expiresSinceBoot = .milliseconds(sinceBoot)
        cluster = LockHolder.text(json, "cluster") ?? ""
        clusterID = LockHolder.text(json, "cluster_id") ?? ""
        if state == .broken {
            breaking = Breaking(
                user: LockHolder.text(json, "broken_by") ?? "", host: LockHolder.text(json, "broken_on") ?? "",
                reason: LockHolder.text(json, "reason") ?? "",
                at: json["broken_at"]?.stringValue.flatMap(Timestamp.init(rfc3339Text:)) ?? Timestamp(milliseconds: 0))
        }
    }

    /// What stands where a lease should and is none: held by nobody knows whom, until a person breaks it.
    package static func unreadable(clusterID: String) -> Lease {
        var lease = Lease(
            clusterID: clusterID, cluster: "", epoch: 0,
            holder: LockHolder(
                runID: "unknown", playbook: "what cannot be read", user: "nobody knows", host: "?", pid: 0,
                startTime: "", bootID: "", since: Timestamp(milliseconds: 0)),
            length: .zero, at: LeaseMoment(wall: Timestamp(milliseconds: 0), sinceBoot: .zero, bootID: ""))
        lease.expires = Timestamp(milliseconds: endOfTime)
        return lease
    }

    /// The year 9999.
    private static let endOfTime: Int64 = 253_370_764_800_000
}

/// An instant by the clocks that leases count by.
package struct LeaseMoment: Sendable, Hashable {
    package var wall: Timestamp
    /// CLOCK_BOOTTIME.
    package var sinceBoot: Duration
    package var bootID: String

    package init(wall: Timestamp, sinceBoot: Duration, bootID: String) {
        self.wall = wall
        self.sinceBoot = sinceBoot
        self.bootID = bootID
    }

    package static func now(_ time: any TimeSource, bootID: String) -> LeaseMoment {
        LeaseMoment(
            wall: Timestamp(milliseconds: time.sinceEpoch.milliseconds), sinceBoot: time.monotonic, bootID: bootID)
    }
}

/// By what right somebody takes a lock.
package enum LeaseClaim: Sendable {
    /// What nobody has.
    case free
    /// Also that of the same run, whose process is proven gone from this machine.
    case resume
    /// Whoever has it: for a reason that is recorded.
    case breakGlass

    func mayTake(_ present: Lease, for holder: LockHolder, at moment: LeaseMoment) -> Bool {
        if present.isOver(at: moment) { return true }
        switch self {
        case .free: return false
        case .resume:
            return present.holder.runID == holder.runID
                && present.holder.isGone(from: holder.host, bootID: moment.bootID)
        case .breakGlass: return true
        }
    }
}
