import Glibc
import OpsrunCLI

exit(await OpsrunCommand.main(arguments: Array(CommandLine.arguments.dropFirst())))
