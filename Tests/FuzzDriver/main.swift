// The fuzzer's program: `OPSRUN_FUZZ_TARGET=name fuzz-driver [libFuzzer's arguments]`, or `fuzz-driver --seeds FOLDER`, which
// writes the golden vectors of OPSRUN_GOLDEN as seeds, a folder for each target. Built by `scripts/fuzz` only.

import FuzzTargets
import Glibc
import Values

/// libFuzzer's own entry point, for programs that have a `main`.
@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

nonisolated(unsafe) var chosen = FuzzTarget.json

func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

func readFile(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
    return bytes
}

func writeSeeds(to folder: String) {
    guard let golden = environment("OPSRUN_GOLDEN") else { return }
    for target in FuzzTarget.allCases {
        let seeds = GoldenSeeds.seeds(of: target) { name in
            readFile("\(golden)/\(name).jsonl").split(separator: UInt8(ascii: "\n")).compactMap {
                try? JSON.parse(Array($0))
            }
        }
        mkdir("\(folder)/\(target.rawValue)", 0o755)
        for (number, seed) in seeds.enumerated() {
            guard let file = fopen("\(folder)/\(target.rawValue)/golden-\(number)", "w") else { continue }
            fwrite(seed, 1, seed.count, file)
            fclose(file)
        }
    }
}

if CommandLine.arguments.count == 3, CommandLine.arguments[1] == "--seeds" {
    writeSeeds(to: CommandLine.arguments[2])
    exit(0)
}
if CommandLine.arguments.count == 2, CommandLine.arguments[1] == "--targets" {
    for target in FuzzTarget.allCases { print(target.rawValue) }
    exit(0)
}
guard let name = environment("OPSRUN_FUZZ_TARGET"), let target = FuzzTarget(rawValue: name) else {
    print("OPSRUN_FUZZ_TARGET names no target")
    exit(2)
}
chosen = target
var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(
    runDriver(&count, &arguments) { start, length in
        chosen.run(Array(UnsafeBufferPointer(start: start, count: length)))
        return 0
    })
