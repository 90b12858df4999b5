internal import COpenSSL
import Glibc

/// TLS for many connections in one role: the settings, and what OpenSSL made of them.
///
/// Built with the first connection, on a thread of its own: loading OpenSSL, the system's CAs and encrypted keys takes
/// milliseconds, and a dead network file system longer. A build that failed is tried again by the next connection, so that a file may be mended meanwhile.
package final class TLSContext: Sendable {
    /// What a server does about certificates of clients.
    package enum ClientCertificates: Sendable, Hashable {
        case none
        /// Asked for; one that comes is verified (`ssl.client.auth=requested`).
        case requested
        case required
    }

    enum Role: Sendable, Hashable {
        case client
        case server(ClientCertificates)
    }

    private enum State {
        case idle
        case building([FirstAnswer<Result<TLSMachinery, TLSError>?>])
        case built(TLSMachinery)
    }

    let settings: TLSSettings
    let role: Role
    private let state = Locked(State.idle)

    private init(_ settings: TLSSettings, _ role: Role) {
        self.settings = settings
        self.role = role
    }

    package static func client(_ settings: TLSSettings) -> TLSContext { TLSContext(settings, .client) }

    /// A server needs an identity.
    package static func server(
        _ settings: TLSSettings, clientCertificates: ClientCertificates = .none
    ) -> TLSContext {
        TLSContext(settings, .server(clientCertificates))
    }

    /// How long reading the settings may take where nobody says.
    package static let patience: Duration = .seconds(30)

    /// Reads what the settings name, so that their errors show before a connection is opened.
    package func prepare() async throws(TLSError) { _ = try await machinery(within: Self.patience) }

    /// Within the limit: a file may be on a dead network file system.
    func machinery(within limit: Duration, loop: EventLoop = .shared) async throws(TLSError) -> TLSMachinery {
        let answer = FirstAnswer<Result<TLSMachinery, TLSError>?>()
        let (ready, isFirst) = state.withLock { state -> (TLSMachinery?, Bool) in
            switch state {
            case .built(let machinery): return (machinery, false)
            case .building(let waiting):
                state = .building(waiting + [answer])
                return (nil, false)
            case .idle:
                state = .building([answer])
                return (nil, true)
            }
        }
        if let ready { return ready }
        if isFirst { _ = startThread(name: "opsrun-tls") { self.build() } }
        let timer = loop.schedule(after: limit) { answer.finish(nil) }
        defer { timer.cancel() }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { answer.begin($0) }
        } onCancel: {
            answer.finish(nil)
        }
        guard let result else {
            throw TLSError(
                .unreadableFile, "The certificates and keys of the TLS settings could not be read in time")
        }
        return try result.get()
    }

    private func build() {
        let result: Result<TLSMachinery, TLSError>
        do throws(TLSError) {
            result = .success(try TLSMachinery(settings, role))
        } catch {
            result = .failure(error)
        }
        let waiters = state.withLock { state in
            var waiting: [FirstAnswer<Result<TLSMachinery, TLSError>?>] = []
            if case .building(let waiters) = state { waiting = waiters }
            if case .success(let machinery) = result { state = .built(machinery) } else { state = .idle }
            return waiting
        }
        for waiter in waiters { waiter.finish(result) }
    }
}
