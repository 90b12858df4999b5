import Glibc
import Testing

@testable import EventLoop

@Suite struct SocketBuffersTests {
    private func buffers(of socket: isolated StreamSocket) -> SocketBuffers { .of(socket.descriptor) }

    @Test func `a connection is made with the buffers that are wanted`() async throws {
        let listener = try ListeningSocket()
        // Less than any kernel gives by itself; Linux counts its own bookkeeping in, and doubles what is asked for.
        let wanted = SocketBuffers(send: 16_384, receive: 12_288)
        let socket = try await StreamSocket.connect(
            to: "127.0.0.1", port: listener.port, within: .seconds(30), buffers: wanted)
        let found = await buffers(of: socket)
        #expect(found.send == 32_768 && found.receive == 24_576)
        await socket.close()
        let usual = try await StreamSocket.connect(to: "127.0.0.1", port: listener.port, within: .seconds(30))
        #expect(await buffers(of: usual) != found)
        await usual.close()
        await listener.close()
    }
}
