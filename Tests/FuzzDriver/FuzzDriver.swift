// The fuzzer's program: `OPSRUN_FUZZ_TARGET=name FuzzDriver [libFuzzer's arguments]`; `FuzzDriver --targets` names the targets,
// `FuzzDriver --seeds FOLDER` writes the golden vectors of OPSRUN_GOLDEN as seeds, a folder for each target. libFuzzer brings
// the `main`. Built by `scripts/fuzz` only.

import FuzzTargets
import Glibc
import Values

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

/// libFuzzer calls this before it reads its arguments.
@_cdecl("LLVMFuzzerInitialize")
func initialize(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>
) -> CInt {
    let words = (0..<Int(count.pointee)).map { index in
        arguments.pointee?[index].map { String(cString: $0) } ?? ""
    }
    if words.count == 3, words[1] == "--seeds" {
        writeSeeds(to: words[2])
        exit(0)
    }
    if words.count == 2, words[1] == "--targets" {
        for target in FuzzTarget.allCases { print(target.rawValue) }
        exit(0)
    }
    guard let name = environment("OPSRUN_FUZZ_TARGET"), let target = FuzzTarget(rawValue: name) else {
        print("OPSRUN_FUZZ_TARGET names no target")
        exit(2)
    }
    chosen = target
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafePointer<UInt8>?, _ length: Int) -> CInt {
    chosen.run(Array(UnsafeBufferPointer(start: start, count: length)))
    return 0
}
