import EventLoop

/// The first question to an address of which nothing is known yet.
///
/// What is no Kafka listener often says nothing at all, or just hangs up, and a client that goes on trying would tell so
/// only when its time is up. So who is silent for `patience`, or hangs up, is also asked what it speaks: a definite answer
/// ends the question at once, any other changes nothing.
struct FirstContact: Sendable {
    let dialer: any BrokerDialer
    let time: any TimeSource

    /// A broker that is there answers sooner, also through TLS and a login.
    static let patience: Duration = .milliseconds(500)
    /// For the look at what it is.
    static let limit: Duration = .seconds(2)

    private enum Event<Success: Sendable>: Sendable {
        case answered(Result<Success, KafkaError>)
        case looked(KafkaError?)
    }

    func ask<Success: Sendable>(
        _ address: BrokerAddress, deadline: Duration,
        _ question: @escaping @Sendable () async throws(KafkaError) -> Success
    ) async throws(KafkaError) -> Success {
        let result = await race(address, deadline: deadline, question)
        guard case .failure(let error) = result, Self.isSilence(error), !Task.isCancelled else {
            return try result.get()
        }
        throw await look(address, deadline: deadline) ?? error
    }

    /// It was there, and said nothing.
    private static func isSilence(_ error: KafkaError) -> Bool {
        error.code == .unreachable && !error.isRefused
    }

    private func race<Success: Sendable>(
        _ address: BrokerAddress, deadline: Duration,
        _ question: @escaping @Sendable () async throws(KafkaError) -> Success
    ) async -> Result<Success, KafkaError> {
        await withTaskGroup(of: Event<Success>.self) { group in
            group.addTask {
                do throws(KafkaError) { return .answered(.success(try await question())) } catch {
                    return .answered(.failure(error))
                }
            }
            group.addTask {
                do { try await time.sleep(for: Self.patience) } catch { return .looked(nil) }
                return .looked(await look(address, deadline: deadline))
            }
            while let event = await group.next() {
                switch event {
                case .answered(let result):
                    group.cancelAll()
                    return result
                case .looked(let found?):
                    group.cancelAll()
                    return .failure(found)
                case .looked(nil): continue
                }
            }
            return .failure(.outOfTime(to: "ask \(address)", address: address))
        }
    }

    private func look(_ address: BrokerAddress, deadline: Duration) async -> KafkaError? {
        let left = min(Self.limit, deadline - time.monotonic)
        return left > .zero ? await dialer.diagnose(address, within: left) : nil
    }
}
