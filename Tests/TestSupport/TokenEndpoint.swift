import EventLoop

/// An OAuth token endpoint that knows one client and gives it an unsigned token.
package enum TokenEndpoint {
    private static let token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSIsImlhdCI6MSwiZXhwIjo0MTAyNDQ0ODAwfQ."
    /// `me:s:e/c` in base64.
    private static let credentials = "Authorization: Basic bWU6czplL2M="

    /// `body` gets its URL.
    package static func with(_ body: (String) async throws -> Void) async throws {
        let listener = try ListeningSocket()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while let socket = try? await listener.accept() { try? await serve(socket) }
            }
            try await body("http://127.0.0.1:\(listener.port)/token")
            await listener.close()
            group.cancelAll()
            while let ended = await group.nextResult() { _ = ended }
        }
    }

    private static func serve(_ socket: StreamSocket) async throws {
        var text = ""
        while !text.hasSuffix("scope=kafka") {
            let bytes = try await socket.read(upTo: 4096, within: .seconds(20))
            if bytes.isEmpty { break }
            text += String(decoding: bytes, as: UTF8.self)
        }
        let isKnown = text.contains(credentials) && text.contains("grant_type=client_credentials")
        let answer = isKnown ? "{\"access_token\":\"\(token)\",\"expires_in\":3600}" : "{\"error\":\"invalid_client\"}"
        let head = isKnown ? "200 OK" : "401 Unauthorized"
        let response = "HTTP/1.1 \(head)\r\nContent-Type: application/json\r\nContent-Length: \(answer.utf8.count)\r\n"
        try await socket.write(Array("\(response)Connection: close\r\n\r\n\(answer)".utf8), within: .seconds(20))
        try await socket.flush(within: .seconds(20))
        await socket.close()
    }
}
