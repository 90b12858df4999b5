import TestSupport
import Testing

/// `scripts/audit-verify` knows only the form of the records, not the program that wrote them: where both come to the same
/// verdict, a mistake of one would have to be made twice.
@Suite(.serialized) struct SecondVerifierTests {
    private static let playbook = """
        opsrun: 1
        name: Two steps
        plays:
          - hosts: localhost
            tasks:
              - command: [echo, one]
              - command: [echo, two]
                irreversible: true

        """

    @Test func `both verifiers find the same against checkpoints, signed or not`() async throws {
        try await ScratchDirectory.with { scratch in
            let opsrun = BuiltOpsrun(in: scratch)
            let play = try scratch.write(Self.playbook, to: "two.yml")
            let made = try await TestProcess.run(
                [
                    "sh", "-c",
                    "openssl genpkey -algorithm ed25519 -out k.pem && openssl pkey -in k.pem -pubout -out k.pub",
                ],
                in: scratch)
            try #require(made.status == 0, "\(made.stderr)")
            for number in 0..<2 {
                let run = try await opsrun.run(
                    play, "--yes", "--no-input", "--checkpoint", "file:\(scratch.path)/heads", "--state-dir",
                    "\(scratch.path)/s")
                try #require(run.status == 0, "\(run.stdout)\n\(run.stderr)")
                let signed = try await opsrun.run(
                    "audit", "checkpoint", "--key", "\(scratch.path)/k.pem", "--state-dir", "\(scratch.path)/s")
                try #require(signed.status == 0, "\(signed.stderr)")
                try scratch.write(signed.stdout, to: "signed\(number)")
            }
            func verdicts(_ marks: String, _ key: String? = nil) async throws -> (Int32, Int32, String) {
                let first = try await TestProcess.run(
                    [
                        BuiltOpsrun.path, "audit", "verify", "--state-dir", "\(scratch.path)/s", "--checkpoint",
                        "\(scratch.path)/\(marks)",
                    ] + (key.map { ["--public-key", "\(scratch.path)/\($0)"] } ?? []), in: scratch)
                let second = try await TestProcess.run(
                    ["python3", BuiltOpsrun.package + "/scripts/audit-verify", "\(scratch.path)/s", marks]
                        + (key.map { [$0] } ?? []), in: scratch)
                return (first.status, second.status, first.stdout + second.stdout + second.stderr)
            }
            func expect(_ code: Int32, _ marks: String, _ key: String? = nil) async throws {
                let found = try await verdicts(marks, key)
                #expect(found.0 == code && found.1 == code, "\(marks) \(key ?? ""): \(found)")
            }
            try await expect(0, "heads")
            try await expect(0, "signed1", "k.pub")
            try await expect(11, "heads", "k.pub")
            try scratch.write(try scratch.read("signed1").replacing("\"seq\":", with: "\"seq\":1"), to: "changed")
            try await expect(11, "changed", "k.pub")
            try await expect(11, "two.yml")
            // The second run and its records are gone, as if it had never been.
            let log = try scratch.read("s/audit/local.jsonl").split(separator: "\n", omittingEmptySubsequences: true)
            try scratch.write(log.prefix(log.count / 2).map { $0 + "\n" }.joined(), to: "s/audit/local.jsonl")
            let gone = try await TestProcess.run(["sh", "-c", "rm -r s/runs/$(ls s/runs | tail -1)"], in: scratch)
            try #require(gone.status == 0)
            let alone = try await opsrun.run("audit", "verify", "--state-dir", "\(scratch.path)/s")
            #expect(alone.status == 0, "nothing on this disk tells: \(alone.stdout)")
            try await expect(0, "signed0", "k.pub")
            try await expect(11, "signed1", "k.pub")
            try await expect(11, "heads")
        }
    }

    @Test func `both verifiers find the same in what a run leaves behind`() async throws {
        try await ScratchDirectory.with { scratch in
            let opsrun = BuiltOpsrun(in: scratch)
            let play = try scratch.write(Self.playbook, to: "two.yml")
            for _ in 0..<2 {
                let run = try await opsrun.run(play, "--yes", "--no-input")
                try #require(run.status == 0, "\(run.stdout)\n\(run.stderr)")
            }
            let listed = try await TestProcess.run(
                ["find", "\(scratch.path)/state", "-type", "f", "-not", "-name", "*.lock"], in: scratch)
            let files = listed.stdout.split(separator: "\n").map { String($0.dropFirst(scratch.path.count + 1)) }
                .sorted()
            let audit = try #require(files.first { $0.contains("/audit/") })
            let state = scratch.path + "/" + String(audit.prefix(while: { $0 != "/" })) + "/opsrun"
            func verdicts() async throws -> (first: Int32, second: Int32, text: String) {
                let first = try await opsrun.run("audit", "verify", "--state-dir", state)
                let second = try await TestProcess.run(
                    ["python3", BuiltOpsrun.package + "/scripts/audit-verify", state], in: scratch)
                return (first.status, second.status, first.stdout + second.stdout + second.stderr)
            }
            let whole = try await verdicts()
            #expect(whole.first == 0 && whole.second == 0, "\(whole.text)")
            for file in files {
                let good = try scratch.read(file)
                var damages = [String(good.dropLast(good.count / 3))]
                var bytes = Array(good.utf8)
                if !bytes.isEmpty { bytes[bytes.count / 2] ^= 1 }
                damages.append(String(decoding: bytes, as: UTF8.self))
                damages.append(good.split(separator: "\n").dropFirst().joined(separator: "\n") + "\n")
                for damage in damages where damage != good {
                    try scratch.write(damage, to: file)
                    let found = try await verdicts()
                    #expect(found.first == found.second, "\(file)\n\(found.text)")
                    if file.hasSuffix(".jsonl") { #expect(found.first == 11, "\(file)\n\(found.text)") }
                }
                try scratch.write(good, to: file)
            }
        }
    }
}
