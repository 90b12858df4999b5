internal import Playbooks
internal import SimulatedKafka
internal import Values

// Listeners, logins and rules of an embedded cluster.

extension SimulatedClusterDecoder {
    static let securityKeys = [
        "listeners", "users", "super_users", "authorizer", "allow_everyone_if_no_acl_found", "session_lifetime",
        "delegation_tokens",
    ]
    private static let maximumListeners = 10

    static func secure(
        _ configuration: inout SimulatedClusterConfiguration, _ reader: ConfigurationReader,
        _ diagnostics: inout [Diagnostic]
    ) {
        let before = diagnostics.count
        configuration.listeners = reader.elements("listeners", &diagnostics).compactMap { listener($0, &diagnostics) }
        var names: Set<String> = ["CONTROLLER"]
        for listener in configuration.listeners where !names.insert(listener.name).inserted {
            diagnostics.append(
                Diagnostic(
                    code: "duplicate-name", "the listener '\(listener.name)' is there twice",
                    at: reader.span(of: "listeners")))
        }
        if configuration.listeners.count > maximumListeners {
            diagnostics.append(
                Diagnostic(
                    code: "too-large", "an embedded cluster has \(maximumListeners) listeners at most",
                    at: reader.span(of: "listeners")))
        }
        users(&configuration, reader, &diagnostics)
        configuration.superUsers = Set(
            reader.elements("super_users", &diagnostics).compactMap { principal($0, &diagnostics) })
        configuration.hasAuthorizer = flag("authorizer", reader, &diagnostics) ?? !configuration.superUsers.isEmpty
        configuration.allowsWithoutRules = flag("allow_everyone_if_no_acl_found", reader, &diagnostics) ?? false
        configuration.hasDelegationTokens = flag("delegation_tokens", reader, &diagnostics) ?? false
        configuration.saslSessionLifetime = reader.duration("session_lifetime", &diagnostics)
        let needsUsers = configuration.listeners.contains { $0.mechanisms.contains(.plain) }
        if needsUsers, configuration.users.isEmpty, diagnostics.count == before {
            diagnostics.append(
                Diagnostic(
                    code: "missing-key", "a listener of simulated with PLAIN needs `users`: names with their passwords",
                    at: reader.span(of: "listeners")))
        }
    }

    /// `[{name: SASL, protocol: SASL_SSL, mechanisms: [PLAIN]}]`, or the name of a protocol alone.
    private static func listener(
        _ template: ValueTemplate, _ diagnostics: inout [Diagnostic]
    ) -> SimulatedClusterConfiguration.Listener? {
        if case .literal(let value) = template, let text = value.value.stringValue,
            let known = SimulatedClusterConfiguration.ListenerProtocol(rawValue: text)
        {
            return .init(text, known, mechanisms: known.hasLogin ? SaslMechanism.allCases : [])
        }
        let known = ["name", "protocol", "mechanisms", "client_auth", "port"]
        guard let reader = ConfigurationReader(template, what: "a listener of simulated", known: known, &diagnostics)
        else { return nil }
        let protocols = SimulatedClusterConfiguration.ListenerProtocol.allCases.map(\.rawValue)
        let found = reader.value("protocol", "one of: \(protocols.joined(separator: ", "))", &diagnostics) {
            $0.stringValue.flatMap(SimulatedClusterConfiguration.ListenerProtocol.init(rawValue:))
        }
        guard let found else {
            if reader.template("protocol") == nil {
                diagnostics.append(
                    Diagnostic(
                        code: "missing-key", "a listener of simulated needs a `protocol`",
                        hint: "one of: \(protocols.joined(separator: ", "))", at: reader.span))
            }
            return nil
        }
        var listener = SimulatedClusterConfiguration.Listener(
            reader.text("name", &diagnostics) ?? found.rawValue, found)
        let mechanisms = reader.elements("mechanisms", &diagnostics).compactMap { mechanism($0, &diagnostics) }
        if found.hasLogin { listener.mechanisms = mechanisms.isEmpty ? SaslMechanism.allCases : mechanisms }
        let words = ["none", "required"]
        let wanted = reader.value("client_auth", "one of: \(words.joined(separator: ", "))", &diagnostics) {
            $0.stringValue.flatMap { words.contains($0) ? $0 : nil }
        }
        listener.wantsClientCertificate = wanted == "required"
        listener.port = reader.int("port", in: 1...65_535, &diagnostics).map { Int($0) }
        return listener
    }

    private static func mechanism(_ template: ValueTemplate, _ diagnostics: inout [Diagnostic]) -> SaslMechanism? {
        if case .literal(let value) = template, let found = value.value.stringValue.flatMap(SaslMechanism.init) {
            return found
        }
        let names = SaslMechanism.allCases.map(\.rawValue).joined(separator: ", ")
        diagnostics.append(
            Diagnostic(code: "wrong-type", "simulated: a mechanism is one of: \(names)", at: template.span))
        return nil
    }

    /// `users: {alice: secret}`.
    private static func users(
        _ configuration: inout SimulatedClusterConfiguration, _ reader: ConfigurationReader,
        _ diagnostics: inout [Diagnostic]
    ) {
        guard let template = reader.template("users") else { return }
        var entries: [(name: String, value: ValueTemplate)] = []
        switch template {
        case .map(let items, _): entries = items.map { ($0.key.value, $0.value) }
        case .literal(let literal):
            guard case .map(let map) = literal.value else { fallthrough }
            entries = map.map { ($0.key, .literal(Located($0.value, at: literal.span))) }
        case .template, .list:
            diagnostics.append(
                Diagnostic(code: "wrong-type", "simulated: 'users' must be a map", at: template.span))
        }
        for (name, value) in entries {
            if case .literal(let literal) = value, let password = literal.value.stringValue, !password.isEmpty {
                configuration.users[name] = password
            } else {
                diagnostics.append(
                    Diagnostic(
                        code: "wrong-type", "simulated: the password of '\(name)' must be a plain text",
                        hint: "it is for this embedded cluster only", at: value.span))
            }
        }
    }

    private static func principal(_ template: ValueTemplate, _ diagnostics: inout [Diagnostic]) -> String? {
        if case .literal(let value) = template, let text = value.value.stringValue, text.hasPrefix("User:") {
            return text
        }
        diagnostics.append(
            Diagnostic(
                code: "wrong-type", "simulated: a super user is a principal such as User:admin", at: template.span))
        return nil
    }

    private static func flag(
        _ name: String, _ reader: ConfigurationReader, _ diagnostics: inout [Diagnostic]
    ) -> Bool? {
        reader.value(name, "true or false", &diagnostics) { $0.boolValue }
    }
}
