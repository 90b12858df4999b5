import EventLoop
import KafkaWire

@testable import KafkaAdmin

/// Brokers without sockets: a test says what each of them answers, and what the client did is counted.
final class FakeBrokers: BrokerDialer {
    enum Reply {
        case answer(any KafkaResponse)
        case close
        case silence
    }

    struct Request: Sendable {
        let address: BrokerAddress
        let header: RequestFrame.Header
        let payload: [UInt8]
    }

    private struct State {
        var dials: [BrokerAddress] = []
        var requests: [Request] = []
        var down: Set<BrokerAddress> = []
        var channels: [FakeChannel] = []
    }

    private let state = Locked(State())
    private let reply: @Sendable (Request) -> Reply?

    /// `reply` nil: ApiVersions and Metadata are answered for the cluster of `nodes`.
    let nodes: Locked<[Int32: BrokerAddress]>
    let clusterID = Locked("cluster-a")

    init(
        nodes: [Int32: Int32] = [1: 1001, 2: 1002, 3: 1003],
        reply: @escaping @Sendable (Request) -> Reply? = { _ in nil }
    ) {
        self.nodes = Locked(nodes.compactMapValues { BrokerAddress(host: "broker", port: $0) })
        self.reply = reply
    }

    var dials: [BrokerAddress] { state.withLock { $0.dials } }
    func requests(_ api: APIKey) -> [Request] { state.withLock { $0.requests.filter { $0.header.apiKey == api } } }
    func setDown(_ port: Int32, _ isDown: Bool = true) {
        let channels = state.withLock { state in
            for address in Set(state.dials + (BrokerAddress(host: "broker", port: port).map { [$0] } ?? []))
            where address.port == port {
                if isDown { state.down.insert(address) } else { state.down.remove(address) }
            }
            return state.channels.filter { $0.address.port == port }
        }
        if isDown { for channel in channels { channel.end() } }
    }

    /// The same of another host.
    func setDownHost(_ host: String, _ port: Int32, _ isDown: Bool = true) {
        guard let address = BrokerAddress(host: host, port: port) else { return }
        let channels = state.withLock { state in
            if isDown { state.down.insert(address) } else { state.down.remove(address) }
            return state.channels.filter { $0.address == address }
        }
        if isDown { for channel in channels { channel.end() } }
    }

    /// Nobody listens there from now on.
    func refuse(_ port: Int32) { setDown(port) }

    /// Closes the connections to a broker that stays up.
    func hangUp(_ port: Int32) {
        let channels = state.withLock { state in state.channels.filter { $0.address.port == port } }
        for channel in channels { channel.end() }
    }

    func openChannels(_ port: Int32) -> Int {
        state.withLock { $0.channels.filter { $0.address.port == port && $0.isOpen }.count }
    }

    func dial(_ address: BrokerAddress, within limit: Duration) async throws(KafkaError) -> any BrokerChannel {
        let isDown = state.withLock { state in
            state.dials.append(address)
            return state.down.contains(address)
        }
        if isDown {
            var error = KafkaError(.unreachable, "\(address) refuses connections")
            error.isRefused = true
            throw error
        }
        let channel = FakeChannel(address: address, brokers: self)
        state.withLock { $0.channels.append(channel) }
        return channel
    }

    fileprivate func answer(_ frame: [UInt8], at address: BrokerAddress) -> (bytes: [UInt8]?, closes: Bool) {
        let payload = Array(frame.dropFirst(4))
        guard let header = try? RequestFrame.header(of: payload) else { return (nil, true) }
        let request = Request(address: address, header: header, payload: payload)
        state.withLock { $0.requests.append(request) }
        switch reply(request) ?? standard(request) {
        case .close: return (nil, true)
        case .silence: return (nil, false)
        case .answer(let response):
            let bytes = encoded(response, version: header.version, correlation: header.correlationId)
            return (bytes.map { Array($0.dropFirst(4)) }, bytes == nil)
        }
    }

    private func encoded(_ response: some KafkaResponse, version: Int16, correlation: Int32) -> [UInt8]? {
        try? ResponseFrame.encode(response, version: version, correlationId: correlation)
    }

    func standard(_ request: Request) -> Reply {
        switch request.header.apiKey {
        case .apiVersions:
            let keys = APIKey.allKnown.map {
                ApiVersionsResponse.ApiVersion(apiKey: $0, minVersion: 0, maxVersion: 99)
            }
            return .answer(ApiVersionsResponse(apiKeys: keys))
        case .metadata:
            let brokers = nodes.withLock { $0 }.sorted { $0.key < $1.key }.map {
                MetadataResponse.Broker(nodeId: $0.key, host: $0.value.host, port: $0.value.port)
            }
            return .answer(
                MetadataResponse(
                    brokers: brokers, clusterId: clusterID.withLock { $0 },
                    controllerId: brokers.first?.nodeId ?? -1))
        case .listGroups: return .answer(ListGroupsResponse())
        case .createTopics: return .answer(CreateTopicsResponse())
        case .describeCluster: return .answer(DescribeClusterResponse(clusterId: clusterID.withLock { $0 }))
        default: return .close
        }
    }
}

final class FakeChannel: BrokerChannel {
    private struct State {
        var handler: (@Sendable (BrokerChannelEvent) -> Void)?
        var isOpen = true
    }

    let address: BrokerAddress
    private let brokers: FakeBrokers
    private let state = Locked(State())

    init(address: BrokerAddress, brokers: FakeBrokers) {
        self.address = address
        self.brokers = brokers
    }

    var isOpen: Bool { state.withLock { $0.isOpen } }

    func start(_ handler: @escaping @Sendable (BrokerChannelEvent) -> Void) { state.withLock { $0.handler = handler } }

    func send(_ frame: [UInt8]) {
        guard isOpen else { return }
        let (bytes, closes) = brokers.answer(frame, at: address)
        if let bytes { state.withLock { $0.handler }?(.frame(bytes)) }
        if closes { end() }
    }

    func close() { end() }

    func end() {
        let handler = state.withLock { state in
            guard state.isOpen else { return (@Sendable (BrokerChannelEvent) -> Void)?.none }
            state.isOpen = false
            defer { state.handler = nil }
            return state.handler
        }
        handler?(.closed(nil))
    }
}

extension FakeBrokers {
    /// A client of these brokers that repeats at once.
    func client(
        bootstrap: [String] = ["broker:1001"], controllers: [String] = [],
        limit: Duration = .seconds(10)
    ) throws -> AdminClient {
        AdminClient(
            settings: AdminClientSettings(
                bootstrap: try AdminClientSettings.addresses(bootstrap),
                bootstrapControllers: try AdminClientSettings.addresses(controllers),
                requestTimeout: limit, totalTimeout: limit, connectTimeout: limit,
                retryBackoff: Backoff(base: .milliseconds(1), limit: .milliseconds(4)),
                reconnectBackoff: Backoff(base: .milliseconds(1), limit: .milliseconds(4))),
            dialer: self)
    }
}
