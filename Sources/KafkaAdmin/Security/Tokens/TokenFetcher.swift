import EventLoop
import Glibc
import Values

/// Gets one token from where the settings say. No cache and no retries here.
struct TokenFetcher: Sendable {
    /// Bytes of the longest answer of a token endpoint, file or command.
    static let answerLimit = 256 * 1024
    /// For one attempt, where the settings say nothing.
    static let usualTimeout: Duration = .seconds(10)

    /// Why there is no token.
    struct Failure: Error, Sendable {
        /// A sentence without a final dot.
        var message: String
        var hint: String?
        /// Another try may help: the endpoint could not be reached, or is overloaded.
        var isPassing: Bool
    }

    let source: BearerSettings.Source
    /// Reads a file; it may block.
    var reader: @Sendable (String) -> Result<[UInt8], SystemError> = { path in
        do throws(SystemError) { return .success(try Files.read(path, limit: TokenFetcher.answerLimit)) } catch {
            return .failure(error)
        }
    }

    func fetch(now: Duration, within limit: Duration) async throws(Failure) -> BearerToken {
        switch source {
        case .clientCredentials(let settings): return try await ask(settings, now: now, within: limit)
        case .file(let path): return try await read(path, now: now, within: limit)
        case .command(let words): return try await run(words, now: now, within: limit)
        case .unsecured(let settings):
            guard let token = BearerToken.unsecured(settings, now: now) else {
                throw Failure(message: "The unsigned token cannot be made", hint: nil, isPassing: false)
            }
            return token
        }
    }

    // MARK: Client credentials (RFC 6749, section 4.4)

    private func ask(
        _ settings: ClientCredentials, now: Duration, within limit: Duration
    ) async throws(Failure) -> BearerToken {
        let host = HTTPClient.host(of: settings.endpoint)
        var fields = [(name: "grant_type", value: "client_credentials")]
        if let scope = settings.scope { fields.append((name: "scope", value: scope)) }
        var id = settings.clientID
        var secret = settings.clientSecret.reveal()
        if settings.encodesHeader {
            id = HTTPRequest.percentEncoded(id)
            secret = HTTPRequest.percentEncoded(secret)
        }
        let connect = settings.connectTimeout ?? Self.usualTimeout
        let request = HTTPRequest(
            method: "POST", url: settings.endpoint,
            headers: [
                .init("Accept", "application/json"),
                .init("Content-Type", "application/x-www-form-urlencoded"),
                .init("Authorization", "Basic \(Base64.encode(Array("\(id):\(secret)".utf8)))"),
            ], body: HTTPRequest.form(fields), certificateAuthorities: settings.certificateAuthorities,
            connectTimeout: connect, timeout: min(limit, connect + (settings.readTimeout ?? Self.usualTimeout)),
            bodyLimit: Self.answerLimit)
        let response: HTTPResponse
        do throws(HTTPError) { response = try await HTTPClient.send(request) } catch {
            throw Failure(
                message: "No token from \(host): \(error.message)",
                hint: error.kind == .insecure
                    ? "Set https.ca.location to the CA of the token endpoint."
                    : "Check sasl.oauthbearer.token.endpoint.url.",
                isPassing: [.unreachable, .timedOut, .broken, .unresolved].contains(error.kind))
        }
        guard response.status == 200 else { throw refused(response, host) }
        guard let body = try? JSON.parse(response.body, limits: JSON.Limits(depth: 32)),
            let text = (body["access_token"] ?? body["id_token"])?.stringValue,
            let token = BearerToken(
                text, expiresIn: body["expires_in"].flatMap(Self.seconds), now: now, origin: host)
        else {
            throw Failure(
                message: "The answer of \(host) holds no access_token",
                hint: "Check that sasl.oauthbearer.token.endpoint.url is the token endpoint.", isPassing: false)
        }
        return token
    }

    /// Some servers write the number as text.
    private static func seconds(_ value: Value) -> Duration? {
        let seconds = value.intValue ?? value.stringValue.flatMap { Int64($0) }
        return seconds.flatMap { $0 > 0 && $0 < 100_000_000_000 ? .seconds($0) : nil }
    }

    private func refused(_ response: HTTPResponse, _ host: String) -> Failure {
        let body = try? JSON.parse(response.body, limits: JSON.Limits(depth: 32))
        let parts = ["error", "error_description"].compactMap { body?[$0]?.stringValue }.filter { !$0.isEmpty }
        let said = parts.isEmpty ? "" : ": \(PeerText.shown(parts.joined(separator: ", ")))"
        let isPassing = response.status == 429 || (500...599).contains(response.status)
        return Failure(
            message: "\(host) gives no token and answers \(response.status)\(said)",
            hint: response.status == 400 || response.status == 401 || response.status == 403
                ? "Check client id, client secret and scope." : "Check sasl.oauthbearer.token.endpoint.url.",
            isPassing: isPassing)
    }

    // MARK: Files and commands

    private func read(
        _ path: String, now: Duration, within limit: Duration
    ) async throws(Failure) -> BearerToken {
        let reader = reader
        let result: Result<[UInt8], SystemError>
        do throws(BoundedWork.Failure) {
            result = try await BoundedWork.run("opsrun-token", within: limit) { reader(path) }
        } catch {
            throw Failure(
                message: error == .cancelled
                    ? "Reading the token file \(path) was cancelled"
                    : "The token file \(path) could not be read in time",
                hint: "Look at the file system that it is on.", isPassing: true)
        }
        switch result {
        case .failure(let error):
            throw Failure(
                message: "The token file \(path) cannot be read: \(error.reason)",
                hint: "Check sasl.oauthbearer.token.endpoint.url.", isPassing: false)
        case .success(let bytes):
            guard let token = BearerToken(String(decoding: bytes, as: UTF8.self), now: now, origin: path) else {
                throw Failure(message: "The file \(path) holds no bearer token", hint: nil, isPassing: false)
            }
            return token
        }
    }

    private func run(_ words: [String], now: Duration, within limit: Duration) async throws(Failure) -> BearerToken {
        guard let program = words.first else {
            throw Failure(message: "sasl.oauthbearer.token.command is empty", hint: nil, isPassing: false)
        }
        let outcome = await ChildProcess.run(
            ProcessRequest(
                program: program, arguments: Array(words.dropFirst()), environment: Self.environment(),
                timeout: limit, grace: .seconds(1),
                outputLimit: OutputLimit(head: Self.answerLimit, tail: 0), errorLimit: OutputLimit(head: 4096, tail: 0)
            ))
        guard outcome.succeeded, !outcome.stdoutTruncated else {
            // Its output may be half a token; what it complains of is not.
            let said = PeerText.shown(String(decoding: outcome.stderr.prefix(400), as: UTF8.self)).trimmedASCII
            let how: String =
                switch outcome.exit {
                case _ where outcome.timedOut: "did not end in time"
                case .exited(let code): "ended with \(code)"
                case .signalled(let signal): "was killed by signal \(signal)"
                case .notStarted(let code): "cannot be started: \(SystemError.reason(of: code))"
                case .unconfirmed: "did not end"
                }
            throw Failure(
                message: "The token command \(program) \(how)\(said.isEmpty ? "" : ": \(said)")",
                hint: "Run sasl.oauthbearer.token.command by hand.", isPassing: false)
        }
        guard let token = BearerToken(String(decoding: outcome.stdout, as: UTF8.self), now: now, origin: program) else {
            throw Failure(
                message: "The token command \(program) prints no bearer token",
                hint: "It is to print the token and nothing else.", isPassing: false)
        }
        return token
    }

    /// This process's variables: a token command finds its own configuration there.
    private static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        var place = environ
        while let entry = place.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            place = place.advanced(by: 1)
        }
        return variables
    }
}
