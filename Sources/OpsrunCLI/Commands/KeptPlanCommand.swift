internal import EventLoop
internal import Playbooks
package import RunEngine
internal import Values

/// `opsrun show`, `opsrun diff` and `opsrun apply`: what is done with a plan that was kept.
package enum KeptPlanCommand {
    package static func show(_ options: Options, in surroundings: Surroundings) -> ExitCode {
        guard let file = options.operands.first else { return .usage }
        switch read(file) {
        case .failure(let failure): return refuse(failure, options, in: surroundings)
        case .success(let kept):
            switch options.output {
            case .json: surroundings.output.write(String(decoding: kept.bytes, as: UTF8.self))
            case .markdown: surroundings.output.write(KeptPlanView.markdown(kept, at: now))
            default:
                let style = surroundings.style(options.color, for: surroundings.output)
                surroundings.output.write(
                    KeptPlanView.text(
                        kept, at: now, style: style, width: surroundings.width, verbosity: options.verbosity))
            }
            return .done
        }
    }

    package static func diff(_ options: Options, in surroundings: Surroundings) -> ExitCode {
        guard let first = options.operands.first, let second = options.operands.dropFirst().first else { return .usage }
        var plans: [SavedPlan] = []
        for file in [first, second] {
            switch read(file) {
            case .failure(let failure): return refuse(failure, options, in: surroundings)
            case .success(let kept): plans.append(kept)
            }
        }
        let differences = plans[0].differences(to: plans[1])
        if options.output == .json {
            let value: Value = ["differences": .list(differences.map { .string($0) })]
            surroundings.output.write(JSON.text(value, pretty: true) + "\n")
        } else if differences.isEmpty {
            surroundings.output.write("the plans do the same\n")
        } else {
            for line in differences { surroundings.output.write("\(SafeText.escape(line))\n") }
        }
        return options.detailedExitCode && !differences.isEmpty ? .changesPending : .done
    }

    package static func apply(
        _ options: Options, arguments: [String], in surroundings: Surroundings, stopper: Stopper = Stopper(),
        embedded: EmbeddedClusters = EmbeddedClusters()
    ) async -> ExitCode {
        guard let file = options.operands.first else { return .usage }
        switch read(file) {
        case .failure(let failure): return refuse(failure, options, in: surroundings)
        case .success(let kept):
            if let failure = kept.expiry(at: now) {
                return refuse(RunFailure(.refused, failure), options, in: surroundings)
            }
            guard let merged = KeptCall.options(kept.call, in: options) else {
                let failure = StepFailure(
                    .refused, "\(file) does not say how it was made", nextAction: "make the plan again")
                return refuse(RunFailure(.damagedEvidence, failure), options, in: surroundings)
            }
            return await RunCommand(
                merged, arguments: arguments, in: surroundings, embedded: embedded, kept: kept
            ).run(stopper: stopper)
        }
    }

    private static var now: Timestamp { Timestamp(milliseconds: SystemTimeSource().sinceEpoch.milliseconds) }

    private static func read(_ file: String) -> Result<SavedPlan, RunFailure> {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(file, limit: SavedPlan.maximumBytes)
        } catch {
            return .failure(
                RunFailure(.invalid, StepFailure(.failed, "the plan \(file) cannot be read: \(error.reason)")))
        }
        do throws(RunFailure) { return .success(try SavedPlan(bytes: bytes, file: file)) } catch {
            return .failure(error)
        }
    }

    private static func refuse(_ failure: RunFailure, _ options: Options, in surroundings: Surroundings) -> ExitCode {
        RunCommand(options, arguments: [], in: surroundings).report(failure.failure, failure.exitCode)
        return failure.exitCode
    }
}
