/// The program: arguments in, exit code out.
package enum OpsrunCommand {
    package static func main(arguments: [String]) async -> Int32 { 64 }
}
