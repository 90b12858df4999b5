#if DEBUG || FUZZING
    import KafkaWire
    import Values

    @testable import KafkaAdmin

    /// One connection against a peer that says anything at any time. Each call must end exactly once, and the alarm must
    /// always be ahead of the clock.
    enum ConnectionFuzz {
        private static let stepLimit = 400

        static func run(_ bytes: [UInt8]) {
            var source = ByteSource(bytes)
            var world = World(login: login(source.byte()))
            world.take(world.machine.begin(deadline: .seconds(10)))
            for _ in 0..<stepLimit where !source.isEmpty { world.step(&source) }
            world.end()
        }

        private static func login(_ number: UInt8) -> ConnectionStateMachine.Login? {
            let secret = Secret("secret", origin: "fuzz")
            switch number % 4 {
            case 1:
                return .init(
                    settings: SASLSettings(mechanism: .plain, credentials: .password(user: "alice", secret)))
            case 2:
                return .init(
                    settings: SASLSettings(mechanism: .scramSHA256, credentials: .password(user: "alice", secret)))
            case 3:
                return .init(
                    settings: SASLSettings(
                        mechanism: .oauthBearer, credentials: .bearer(FixedToken(), extensions: [])), token: secret)
            default: return nil
            }
        }

        private struct FixedToken: BearerTokenSource {
            func token(deadline: Duration) async throws(KafkaError) -> Secret { Secret("t", origin: "fuzz") }
        }

        private struct World {
            var machine: ConnectionStateMachine
            var now = Duration.zero
            var sent: [(header: RequestFrame.Header, payload: [UInt8])] = []
            var open: Set<UInt64> = []
            var lastCall: UInt64 = 0

            init(login: ConnectionStateMachine.Login?) {
                machine = ConnectionStateMachine(address: "broker:9092", identity: ClientIdentity(), login: login)
            }

            mutating func step(_ source: inout ByteSource) {
                let kind = source.byte()
                switch kind % 10 {
                case 0, 1: submit(kind % 10 == 0 ? .read : .write, source.byte())
                case 2: take(machine.received(source.chunk(), now: now))
                case 3, 4, 5: answer(&source, isTrue: kind % 10 != 5)
                case 6: advance(.milliseconds(Int(source.byte()) * 40))
                case 7: take(machine.abandon(UInt64(source.byte()), now: now))
                case 8: take(machine.derived(source.byte() % 2 == 0 ? nil : [UInt8](repeating: 1, count: 32), now: now))
                default:
                    switch source.byte() % 8 {
                    case 0: take(machine.channelClosed(nil, now: now))
                    case 1: take(machine.channelClosed(KafkaError(.unreachable, "reset"), now: now))
                    case 2: take(machine.channelLost(KafkaError(.unreachable, "lost")))
                    case 3: take(machine.close())
                    default: machine.provide(Secret("t", origin: "fuzz"))
                    }
                }
            }

            private mutating func submit(_ kind: RequestKind, _ time: UInt8) {
                guard
                    let frame = try? RequestFrame.encode(
                        MetadataRequest(), version: 12, correlationId: 0, clientId: "opsrun")
                else { return }
                lastCall += 1
                open.insert(lastCall)
                let call = ConnectionStateMachine.Call(
                    id: lastCall, frame: frame, api: .metadata, version: 12, kind: kind,
                    deadline: now + .milliseconds(Int(time) * 50))
                take(machine.submit(call, now: now))
            }

            /// An answer to the oldest request: a proper one where that is easy, with bytes of the program otherwise.
            private mutating func answer(_ source: inout ByteSource, isTrue: Bool) {
                guard let request = sent.first else { return }
                sent.removeFirst()
                let header = request.header
                func frame(_ response: some KafkaResponse) -> [UInt8]? {
                    (try? ResponseFrame.encode(
                        response, version: header.version, correlationId: header.correlationId)).map {
                            Array($0.dropFirst(4))
                        }
                }
                var payload: [UInt8]?
                if isTrue {
                    let number = source.byte()
                    switch header.apiKey {
                    case .apiVersions:
                        let keys: [APIKey] = [.apiVersions, .metadata, .saslHandshake, .saslAuthenticate]
                        payload = frame(
                            ApiVersionsResponse(
                                errorCode: number == 7 ? .unsupportedVersion : .none,
                                apiKeys: keys.map { .init(apiKey: $0, minVersion: 0, maxVersion: 9) },
                                throttleTimeMs: Int32(number % 4) * 100))
                    case .saslHandshake:
                        payload = frame(SaslHandshakeResponse(mechanisms: ["PLAIN", "SCRAM-SHA-256", "OAUTHBEARER"]))
                    case .saslAuthenticate:
                        payload = frame(
                            SaslAuthenticateResponse(
                                authBytes: source.chunk(), sessionLifetimeMs: Int64(number) * 100))
                    default: payload = frame(MetadataResponse(throttleTimeMs: Int32(number % 8) * 100))
                    }
                } else {
                    let id = UInt32(bitPattern: header.correlationId)
                    payload = (0..<4).map { UInt8(truncatingIfNeeded: id >> UInt32(24 - 8 * $0)) } + source.chunk()
                }
                if let payload { take(machine.received(payload, now: now)) }
            }

            private mutating func advance(_ time: Duration) {
                let target = now + time
                var rings = 0
                while let wake = machine.nextWake, wake <= target {
                    now = max(now, wake)
                    take(machine.tick(now))
                    rings += 1
                    require(rings < 1000, "the alarm rings for ever")
                }
                now = target
                take(machine.tick(now))
            }

            mutating func end() {
                take(machine.close())
                require(machine.isClosed && open.isEmpty, "a call has no end")
                require(machine.nextWake == nil && machine.load == 0, "a closed connection wants something")
            }

            mutating func take(_ actions: [ConnectionStateMachine.Action]) {
                for action in actions {
                    switch action {
                    case .send(let frame):
                        let payload = Array(frame.dropFirst(4))
                        guard let header = try? RequestFrame.header(of: payload) else {
                            require(false, "a request that cannot be read is sent")
                            return
                        }
                        sent.append((header, payload))
                    case .finish(let id, _): require(open.remove(id) != nil, "a call ends twice")
                    case .opened, .derive, .close: break
                    }
                }
                let limit = ConnectionStateMachine.pipelineLimit
                require(sent.count <= lastCall + 100 && machine.load <= limit + Int(lastCall), "too much is sent")
            }
        }
    }

    /// A broker's side of a SASL exchange.
    enum SASLFuzz {
        /// Iterations up to which a key is derived here: more would only take time.
        private static let iterationLimit = 4096

        static func run(_ bytes: [UInt8]) {
            var source = ByteSource(bytes)
            let secret = Secret("secret", origin: "fuzz")
            let mechanisms = SASLMechanism.allCases
            let mechanism = mechanisms[Int(source.byte()) % mechanisms.count]
            let settings = SASLSettings(
                mechanism: mechanism,
                credentials: source.byte() % 2 == 0
                    ? .password(user: "alice", secret) : .delegationToken(id: "token", hmac: secret))
            // A nonce without randomness: a program that goes far stays one.
            var exchange = SASLExchange(settings, token: secret, nonce: { "fyko+d2lbbFgONRv9qkxdawL" })
            var step = exchange.begin()
            for _ in 0..<16 {
                switch step {
                case .send: step = exchange.received(source.chunk())
                case .derive(let derivation):
                    let isQuick = derivation.iterations <= iterationLimit
                    step = exchange.derived(isQuick ? derivation.saltedPassword() : [UInt8](repeating: 1, count: 32))
                case .accepted, .refused: return
                }
                if source.isEmpty { return }
            }
        }
    }
#else
    /// Internal to the client, so it is there only where that is built for tests.
    enum ConnectionFuzz {
        static func run(_ bytes: [UInt8]) {}
    }

    enum SASLFuzz {
        static func run(_ bytes: [UInt8]) {}
    }
#endif
