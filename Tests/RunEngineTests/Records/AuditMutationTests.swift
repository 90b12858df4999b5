import EventLoop
import RunEngine
import TestSupport
import Testing
import Values

/// Random damage to an audit log, in memory: all of it is found, at the first record that is not as it was.
///
/// `OPSRUN_MUTATIONS` says how much; `make mutations` tries 100,000.
@Suite struct AuditMutationTests {
    private static let mutations = TestEnvironment["OPSRUN_MUTATIONS"].flatMap { Int($0) } ?? 1500

    /// Numbers that are the same in every run of the test.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private static let newline = UInt8(ascii: "\n")

    private static func lines(of bytes: [UInt8]) -> [[UInt8]] {
        bytes.split(separator: newline).map { Array($0) + [newline] }
    }

    /// One change, and the first line that is not as it was.
    private static func damage(_ good: [[UInt8]], with other: [[UInt8]], _ numbers: inout Numbers) -> [UInt8] {
        var lines = good
        let place = lines.indices.randomElement(using: &numbers) ?? 0
        switch UInt64.random(in: 0..<8, using: &numbers) {
        case 0:
            let byte = lines[place].indices.randomElement(using: &numbers) ?? 0
            lines[place][byte] ^= 1 << UInt8.random(in: 0..<8, using: &numbers)
        case 1:
            let byte = lines[place].indices.randomElement(using: &numbers) ?? 0
            lines[place].insert(.random(in: .min ... .max, using: &numbers), at: byte)
        case 2:
            let byte = lines[place].indices.randomElement(using: &numbers) ?? 0
            lines[place].remove(at: byte)
        case 3: lines.remove(at: place)
        case 4: lines.insert(lines[lines.indices.randomElement(using: &numbers) ?? 0], at: place)
        case 5: lines.swapAt(place, lines.indices.randomElement(using: &numbers) ?? 0)
        case 6: lines[place] = other[other.indices.randomElement(using: &numbers) ?? 0]
        default: lines = Array(lines.prefix(place)) + other.dropFirst(place)
        }
        return lines.flatMap { $0 }
    }

    /// A log of so many runs.
    private func log(_ runs: Int) async throws -> [UInt8] {
        try await ScratchDirectory.with { scratch in
            let run = RunCase(scratch)
            for _ in 0..<runs {
                try await run.run(
                    RunCase.playbook(RunCase.play("b1", "", "- do: {name: a}\n  irreversible: true")),
                    options: RunOptions(assumesYes: true))
            }
            return try Files.read(run.store.auditPath(clusterID: "id-of-demo"), limit: 1 << 20)
        }
    }

    @Test func `a hole in what a journal had on the disk is damage, and one behind it a write that did not finish`()
        async throws
    {
        try await RunCase.with { run in
            let text = RunCase.playbook(RunCase.play("b1:b3", "serial: 1", "- do: {name: a}\n- do: {name: b}"))
            let outcome = try await run.run(text)
            let path = run.store.journalPath(of: outcome.runID)
            let good = try Files.read(path, limit: 1 << 20)
            let records = ChainedRecords(good).records
            let lines = good.split(separator: UInt8(ascii: "\n"))
            let synced = records.map { Int($0.value["synced"]?.intValue ?? -1) }
            #expect(synced == synced.sorted() && synced.first == 0 && synced.allSatisfy { $0 >= 0 })
            var (damaged, torn) = (0, 0)
            for sector in 0..<(good.count / 512) {
                var holed = good
                for place in (sector * 512)..<((sector + 1) * 512) { holed[place] = 0 }
                // The first record that the hole takes a byte of, its line's end included.
                var (first, end) = (0, 0)
                for (number, line) in lines.enumerated() {
                    end += line.count + 1
                    if end > sector * 512 {
                        first = number + 1
                        break
                    }
                }
                let chain = ChainedRecords(holed)
                let isProven = zip(1..., synced).contains { number, synced in
                    let start = lines.prefix(number - 1).reduce(0) { $0 + $1.count + 1 }
                    return start >= (sector + 1) * 512 && synced >= first
                }
                if isProven {
                    #expect(chain.damage?.line == first, "sector \(sector)")
                    damaged += 1
                } else {
                    #expect(chain.damage == nil && chain.records.count == first - 1, "sector \(sector)")
                    torn += 1
                }
            }
            #expect(damaged > 3 && torn > 0)
            var holed = good
            for place in 512..<1024 { holed[place] = 0 }
            try Files.writeAtomically(holed, to: path)
            do {
                _ = try StoppedRun(outcome.runID, in: run.store)
                Issue.record("a journal with a hole is gone on with")
            } catch let error as RunFailure {
                #expect(error.exitCode == .damagedEvidence && error.failure.message.contains("line "), "\(error)")
            }
        }
    }

    @Test func `a hole with records behind it is damage of a log, and one without is a write that did not finish`()
        async throws
    {
        let good = try await log(6)
        let sector = 512..<1024
        try #require(good.count > 4 * sector.upperBound)
        var holed = good
        for place in sector { holed[place] = 0 }
        let chain = ChainedRecords(holed, isSyncedByRecord: true)
        #expect(chain.damage != nil && chain.tornBytes == 0)
        let cut = ChainedRecords(Array(holed.prefix(sector.upperBound)), isSyncedByRecord: true)
        #expect(cut.damage == nil && cut.tornBytes > 0)
    }

    @Test func `every change of a log is found, at the first record that is not as it was`() async throws {
        let (good, other) = (try await log(2), try await log(2))
        let (lines, others) = (Self.lines(of: good), Self.lines(of: other))
        let whole = ChainedRecords(good)
        try #require(whole.damage == nil && whole.records.count == lines.count)
        let checkpoint = (count: whole.records.count, head: whole.head)
        var numbers = Numbers(state: 20_261_122)
        var (tried, missed) = (0, [String]())
        while tried < Self.mutations {
            let bad = Self.damage(lines, with: others, &numbers)
            guard bad != good else { continue }
            tried += 1
            let chain = ChainedRecords(bad)
            let seen = Self.lines(of: bad)
            let first = (zip(lines, seen).firstIndex { $0 != $1 } ?? min(lines.count, seen.count)) + 1
            if let damage = chain.damage {
                // A newline that became another byte joins two lines: the first of them is the wrong one.
                // A first record of another log is in order by itself: the second one does not follow it.
                if damage.line > first, !(first == 1 && damage.line == 2) {
                    missed.append("line \(first) is wrong, \(damage.line) is named")
                }
            } else if chain.tornBytes == 0 {
                // By itself in order: the end differs from the checkpoint, or from the heads that the runs keep.
                let isShorter = chain.records.count < checkpoint.count
                let isOther =
                    !isShorter && chain.records[checkpoint.count - 1].hash != checkpoint.head
                if !isShorter, !isOther { missed.append("change \(tried) of line \(first) is not seen") }
            }
        }
        #expect(missed.isEmpty, "\(missed.count) of \(tried): \(missed.prefix(5))")
    }
}

extension Sequence {
    fileprivate func firstIndex(where matches: (Element) -> Bool) -> Int? {
        enumerated().first { matches($0.element) }?.offset
    }
}
