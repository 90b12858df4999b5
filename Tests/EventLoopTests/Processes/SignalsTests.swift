import EventLoop
import Glibc
import Testing

@Suite struct SignalsTests {
    @Test func aSignalOfTheProcessArrivesInTheStream() async throws {
        let stream = try Signals.received([SIGUSR1])
        kill(getpid(), SIGUSR1)
        var arrived: CInt?
        for await signal in stream {
            arrived = signal
            break
        }
        #expect(arrived == SIGUSR1)
    }
}
