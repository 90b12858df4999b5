internal import CSystem
import Glibc

/// Makes HTTP requests through libcurl, each on a thread of its own: they are rare, and proxies, TLS and name lookups
/// are then libcurl's.
package enum HTTPClient {
    /// Requests under way at once; more are refused.
    package static let concurrencyLimit = 16

    private static let active = Locked(0)

    /// The answer, whatever its status. Ends by the request's timeout; a cancelled caller goes on at once.
    package static func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        let texts = [request.method, request.url, request.certificateAuthorities ?? ""]
        let lines = request.headers.flatMap { [$0.name, $0.value] }
        guard !(texts + lines).contains(where: { $0.utf8.contains { $0 == 0 || $0 == 10 || $0 == 13 } }) else {
            throw HTTPError(.invalid, "A request to \(host(of: request.url)) holds a line end or NUL")
        }
        let isAdmitted = active.withLock { count in
            guard count < concurrencyLimit else { return false }
            count += 1
            return true
        }
        guard isAdmitted else {
            throw HTTPError(.unavailable, "\(concurrencyLimit) HTTP requests are under way already")
        }
        let exchange = HTTPExchange()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: CheckedContinuation<Result<HTTPResponse, HTTPError>, Never>) in
                exchange.begin(waiter)
                _ = startThread(name: "opsrun-http") {
                    exchange.finish(perform(request, cancelled: exchange.flag))
                    active.withLock { $0 -= 1 }
                }
            }
        } onCancel: {
            csystem_http_cancel(exchange.flag.pointer)
            exchange.finish(.failure(HTTPError(.cancelled, "The request to \(host(of: request.url)) was cancelled")))
        }
        return try result.get()
    }

    /// For messages: without path, query and user.
    package static func host(of url: String) -> String {
        let rest = url.drop { $0 != ":" }.drop { $0 == ":" || $0 == "/" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        return String(authority.split(separator: "@").last ?? "the server")
    }

    private static func perform(_ request: HTTPRequest, cancelled: HTTPFlag) -> Result<HTTPResponse, HTTPError> {
        var held: [UnsafeMutablePointer<CChar>?] = []
        defer { for pointer in held { free(pointer) } }
        func text(_ text: String) -> UnsafePointer<CChar>? {
            let copy = strdup(text)
            held.append(copy)
            return UnsafePointer(copy)
        }
        let headers = request.headers.map { text("\($0.name): \($0.value)") } + [nil]
        var answer = csystem_http_answer()
        headers.withUnsafeBufferPointer { headers in
            (request.body ?? []).withUnsafeBytes { body in
                var call = csystem_http_request()
                call.method = text(request.method)
                call.url = text(request.url)
                call.headers = headers.baseAddress
                if request.body != nil {
                    // libcurl takes a null body for none at all.
                    call.body = body.baseAddress?.assumingMemoryBound(to: CChar.self) ?? text("")
                    call.body_length = body.count
                }
                call.authorities = request.certificateAuthorities.flatMap(text)
                call.connect_milliseconds = milliseconds(request.connectTimeout)
                call.total_milliseconds = milliseconds(request.timeout)
                call.body_limit = max(0, request.bodyLimit)
                call.redirects = max(0, request.redirects)
                call.cancelled = UnsafePointer(cancelled.pointer)
                csystem_http_perform(&call, &answer)
            }
        }
        defer { free(answer.body) }
        guard answer.code == 0 else {
            return .failure(error(answer, request))
        }
        let body = UnsafeRawBufferPointer(start: answer.body, count: answer.body == nil ? 0 : answer.length)
        return .success(
            HTTPResponse(
                status: answer.status, body: Array(body), contentType: cText(&answer.content_type)))
    }

    /// libcurl takes 0 for no limit.
    private static func milliseconds(_ duration: Duration) -> Int {
        let (seconds, attoseconds) = min(max(duration, .milliseconds(1)), .seconds(86_400)).components
        return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
    }

    private static func cText<Buffer>(_ buffer: inout Buffer) -> String {
        withUnsafeBytes(of: &buffer) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    private static func error(_ answer: csystem_http_answer, _ request: HTTPRequest) -> HTTPError {
        let host = host(of: request.url)
        var copy = answer.message
        let detail = cText(&copy)
        switch answer.code {
        case CSYSTEM_HTTP_MISSING:
            return HTTPError(.unavailable, "libcurl (libcurl.so.4) is not installed, and \(host) is asked over HTTP")
        case CSYSTEM_HTTP_TOO_LARGE:
            return HTTPError(.tooLarge, "\(host) answers with more than \(request.bodyLimit) bytes")
        case 1, 3, 43: return HTTPError(.invalid, "The URL of \(host) cannot be used: \(detail)")
        case 5, 6: return HTTPError(.unresolved, "The host of \(host) cannot be found")
        case 7: return HTTPError(.unreachable, "\(host) cannot be reached: \(detail)")
        case 28: return HTTPError(.timedOut, "\(host) did not answer in time")
        case 42: return HTTPError(.cancelled, "The request to \(host) was cancelled")
        case 35, 51, 53, 54, 58, 59, 60, 64, 66, 77, 80, 82, 83, 90, 91:
            return HTTPError(.insecure, "TLS with \(host) failed: \(detail)")
        default: return HTTPError(.broken, "\(host) did not give an HTTP answer: \(detail)")
        }
    }
}

/// A flag that libcurl looks at while it works.
private final class HTTPFlag: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<CInt>

    init() {
        pointer = .allocate(capacity: 1)
        pointer.initialize(to: 0)
    }

    deinit { pointer.deallocate() }
}

/// One request's waiter: whoever comes first, the answer or the cancellation, wakes it.
private final class HTTPExchange: Sendable {
    private struct State {
        var waiter: CheckedContinuation<Result<HTTPResponse, HTTPError>, Never>?
        var early: Result<HTTPResponse, HTTPError>?
        var isOver = false
    }

    let flag = HTTPFlag()
    private let state = Locked(State())

    func begin(_ waiter: CheckedContinuation<Result<HTTPResponse, HTTPError>, Never>) {
        let early = state.withLock { state in
            if state.early == nil { state.waiter = waiter }
            return state.early
        }
        if let early { waiter.resume(returning: early) }
    }

    func finish(_ result: Result<HTTPResponse, HTTPError>) {
        let waiter = state.withLock { state -> CheckedContinuation<Result<HTTPResponse, HTTPError>, Never>? in
            guard !state.isOver else { return nil }
            state.isOver = true
            if state.waiter == nil { state.early = result }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: result)
    }
}
