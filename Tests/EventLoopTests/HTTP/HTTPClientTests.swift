import Glibc
import TestSupport
import Testing

@testable import EventLoop

@Suite(.timeLimit(.minutes(1))) struct HTTPClientTests {
    /// One connection is answered with `answer` and closed; what came is returned with the result.
    private func exchange(
        _ answer: String?, _ request: @escaping @Sendable (Int) -> HTTPRequest
    ) async throws -> (result: Result<HTTPResponse, HTTPError>, asked: String) {
        let listener = try ListeningSocket()
        let asked = Locked("")
        let result = await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let socket = try await listener.accept()
                var bytes: [UInt8] = []
                while !String(decoding: bytes, as: UTF8.self).contains("\r\n\r\n") {
                    let more = try await socket.read(upTo: 4096, within: .seconds(20))
                    if more.isEmpty { break }
                    bytes += more
                }
                let text = String(decoding: bytes, as: UTF8.self)
                asked.withLock { $0 = text }
                guard let answer else {
                    try await SystemTimeSource().sleep(for: .seconds(40))
                    return
                }
                try await socket.write(Array(answer.utf8), within: .seconds(20))
                try await socket.flush(within: .seconds(20))
                await socket.close()
            }
            let result: Result<HTTPResponse, HTTPError>
            do throws(HTTPError) {
                result = .success(try await HTTPClient.send(request(listener.port)))
            } catch {
                result = .failure(error)
            }
            group.cancelAll()
            while let ended = await group.nextResult() { _ = ended }
            return result
        }
        await listener.close()
        return (result, asked.withLock { $0 })
    }

    private func failure(_ result: Result<HTTPResponse, HTTPError>) -> HTTPError.Kind? {
        if case .failure(let error) = result { error.kind } else { nil }
    }

    @Test func `a form is posted with its headers and the answer comes back`() async throws {
        let answer = "HTTP/1.1 401 No\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        let (result, asked) = try await exchange(answer) { port in
            HTTPRequest(
                method: "POST", url: "http://127.0.0.1:\(port)/token", headers: [.init("Authorization", "Basic eDp5")],
                body: HTTPRequest.form([("a", "b c&ä"), ("d", "e")]), timeout: .seconds(20))
        }
        let response = try result.get()
        #expect(response.status == 401 && response.body == Array("{}".utf8))
        #expect(response.contentType == "application/json")
        #expect(asked.hasPrefix("POST /token HTTP/1.1\r\n") && asked.contains("Authorization: Basic eDp5\r\n"))
        #expect(asked.contains("Content-Length: 20\r\n"))
    }

    @Test func `an answer beyond the limit is refused`() async throws {
        let (result, _) = try await exchange("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 5000)) { port in
            HTTPRequest(url: "http://127.0.0.1:\(port)/", timeout: .seconds(20), bodyLimit: 1000)
        }
        #expect(failure(result) == .tooLarge)
    }

    @Test func `a silent server ends at the deadline`() async throws {
        let (result, _) = try await exchange(nil) { port in
            HTTPRequest(url: "http://127.0.0.1:\(port)/", timeout: .milliseconds(200))
        }
        #expect(failure(result) == .timedOut)
    }

    @Test func `what is no HTTP, no server and no TLS is named`() async throws {
        let (result, _) = try await exchange("hello\r\n") {
            HTTPRequest(url: "https://127.0.0.1:\($0)/", timeout: .seconds(5))
        }
        #expect(failure(result) != nil)
        let refused = await #expect(throws: HTTPError.self) {
            try await HTTPClient.send(HTTPRequest(url: "http://127.0.0.1:1/"))
        }
        #expect(refused?.kind == .unreachable)
        let scheme = await #expect(throws: HTTPError.self) {
            try await HTTPClient.send(HTTPRequest(url: "ftp://127.0.0.1/"))
        }
        #expect(scheme?.kind == .invalid)
    }

    @Test func `a cancelled request lets its caller go at once`() async throws {
        let listener = try ListeningSocket()
        let port = listener.port
        let task = Task {
            try await HTTPClient.send(HTTPRequest(url: "http://127.0.0.1:\(port)/", timeout: .seconds(50)))
        }
        let socket = try await listener.accept()
        task.cancel()
        let error = await #expect(throws: HTTPError.self) { try await task.value }
        #expect(error?.kind == .cancelled)
        await socket.close()
        await listener.close()
    }

    @Test(arguments: ["http://a\r\nX: y/", "http://a\u{0}/"]) func `a line end cannot be smuggled in`(url: String) async
    {
        let error = await #expect(throws: HTTPError.self) { try await HTTPClient.send(HTTPRequest(url: url)) }
        #expect(error?.kind == .invalid)
    }
}
