internal import EventLoop
internal import Glibc
package import RunEngine

/// The program: arguments in, exit code out.
package enum OpsrunCommand {
    package static func main(arguments: [String]) async -> Int32 {
        // Asked often and by scripts: answered before anything else is set up.
        if arguments == ["--version"] {
            guard puts(OpsrunVersion.line) >= 0, fflush(nil) == 0 else { return ExitCode.storage.rawValue }
            return 0
        }
        Allocator.shareOneHeap()
        signal(SIGPIPE, SIG_IGN)
        let surroundings = Surroundings.ofProcess()
        return checkOutput(await run(arguments, in: surroundings), in: surroundings).rawValue
    }

    /// A result that did not get out is no success: who reads an empty file later takes it for one.
    package static func checkOutput(_ code: ExitCode, in surroundings: Surroundings) -> ExitCode {
        guard let reason = surroundings.output.failure() else { return code }
        surroundings.messages.write("error: standard output could not be written: \(reason)\n")
        return code == .done || code == .changesPending ? .storage : code
    }

    /// The whole program as one switch.
    package static func run(_ arguments: [String], in surroundings: Surroundings) async -> ExitCode {
        guard !arguments.isEmpty else {
            surroundings.messages.write(HelpText.overview(width: surroundings.width))
            return .usage
        }
        let paths = ProjectPaths(surroundings)
        let parser = ArgumentParser(
            isPlaybook: { paths.playbook($0) != nil }, playbookNames: { paths.shippedPlaybooks },
            suggestion: { paths.suggestion(for: $0) })
        let invocation: ArgumentParser.Invocation
        do throws(UsageError) {
            invocation = try parser.parse(arguments)
        } catch {
            let fenced = surroundings.fenced()
            fenced.complain(error.message, hint: error.hint)
            fenced.flush()
            return .usage
        }
        let (command, options) = (invocation.command, invocation.options)
        if options.version {
            surroundings.output.write(OpsrunVersion.line + "\n")
            return .done
        }
        if options.help {
            surroundings.output.write(HelpText.command(command, width: surroundings.width))
            return .done
        }
        switch command.verb {
        // Texts of our own, which other programs read.
        case .help: return HelpCommand.run(options, in: surroundings)
        case .completion: return HelpCommand.printCompletion(options, in: surroundings)
        default:
            let fenced = surroundings.fenced(options)
            let code = await perform(command, options, arguments: arguments, in: fenced)
            fenced.flush()
            return code
        }
    }

    private static func perform(
        _ command: CommandSpec, _ options: Options, arguments: [String], in surroundings: Surroundings
    ) async -> ExitCode {
        switch command.verb {
        case .help, .completion: return .internalError
        case .lint: return LintCommand.run(options, catalog: declarations(surroundings), in: surroundings)
        case .explain: return ExplainCommand.run(options, catalog: declarations(surroundings), in: surroundings)
        case .inventory: return InventoryCommand.run(options, catalog: declarations(surroundings), in: surroundings)
        case .auditVerify: return AuditCommand.verify(options, in: surroundings)
        case .auditCheckpoint: return AuditCommand.checkpoint(options, in: surroundings)
        case .auditShow: return AuditCommand.show(options, in: surroundings)
        case .lockShow: return await LockCommand(options, in: surroundings).show()
        case .lockBreak: return await LockCommand(options, in: surroundings).breakLock()
        case .show: return KeptPlanCommand.show(options, in: surroundings)
        case .diff: return KeptPlanCommand.diff(options, in: surroundings)
        case .apply:
            let stopper = Stopper()
            return await SignalForwarder.with(stopper) {
                await KeptPlanCommand.apply(options, arguments: arguments, in: surroundings, stopper: stopper)
            }
        case .resume:
            let stopper = Stopper()
            return await SignalForwarder.with(stopper) {
                await StoppedRunCommand.resume(options, arguments: arguments, in: surroundings, stopper: stopper)
            }
        case .approve: return await ApproveCommand(options, in: surroundings).run()
        case .resolve: return await StoppedRunCommand.resolve(options, in: surroundings)
        case .cancel:
            let stopper = Stopper()
            return await SignalForwarder.with(stopper) {
                await StoppedRunCommand.cancel(options, arguments: arguments, in: surroundings, stopper: stopper)
            }
        case .runs: return RunsCommand.list(options, in: surroundings)
        case .status: return RunsCommand.status(options, in: surroundings)
        case .report: return ReportCommand.run(options, in: surroundings)
        case .simulate:
            let stopper = Stopper()
            return await SignalForwarder.with(stopper) {
                await SimulateCommand.run(options, in: surroundings, stopper: stopper)
            }
        case .cluster, .brokers, .topics, .topic, .groups, .group, .configs, .acls, .quotas, .users, .logDirs,
            .reassignments, .transactions, .health:
            let look = LookCommand(command.verb, options, in: surroundings)
            guard options.watch != nil else { return await look.run() }
            let stopper = Stopper()
            return await SignalForwarder.with(stopper) { await look.run(stopper: stopper) }
        case .plan, .run:
            let stopper = Stopper()
            let run = RunCommand(options, arguments: arguments, in: surroundings)
            return await SignalForwarder.with(stopper) {
                command.verb == .plan ? await run.plan(stopper: stopper) : await run.run(stopper: stopper)
            }
        }
    }

    private static func declarations(_ surroundings: Surroundings) -> Catalog {
        OperationsCatalog.declarations(surroundings)
    }
}
