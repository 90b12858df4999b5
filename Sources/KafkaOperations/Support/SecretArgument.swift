import RunEngine
import Values

/// A secret as an argument: the value of a secret parameter, or `{secret: "env:NAME"}`, which is fetched when the step needs
/// it. Plain text is refused.
enum SecretArgument: Sendable {
    case value(Secret)
    case source(String)

    init(_ arguments: Arguments, _ name: String) throws(StepFailure) {
        switch arguments[name] {
        case .secret(let secret): self = .value(secret)
        case .map(let map):
            guard map.count == 1, let source = map["secret"]?.stringValue else { fallthrough }
            self = .source(source)
        default: throw arguments.failure("`\(name)` must be a secret: {secret: \"env:NAME\"}")
        }
    }

    func fetch(_ services: OperationServices, in context: ReadContext) async throws(StepFailure) -> Secret {
        switch self {
        case .value(let secret): secret
        case .source(let source):
            try await SecretSource(processes: services.processes, folder: context.folder).fetch(source)
        }
    }
}
