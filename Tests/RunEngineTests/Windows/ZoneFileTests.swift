import EventLoop
import TestSupport
import Testing
import Values

@testable import RunEngine

@Suite struct ZoneFileTests {
    /// With changes in both directions, half hours, weeks that begin on a Friday, no changes at all, and rules of every kind.
    static let zones = [
        "Europe/Oslo", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo", "Asia/Gaza",
        "Africa/Casablanca", "Pacific/Apia", "America/Nuuk", "Europe/Dublin", "Antarctica/Troll", "Asia/Tehran",
    ]

    /// The C library reads the same files with code of its own.
    @Test(arguments: zones) func `offsets are those of date(1)`(zone: String) async throws {
        let file = try ZoneFile.named(zone)
        // Every 37 hours and some seconds from 1990 on for 60 years, so that rules beyond the last change are met too.
        let times = stride(from: Int64(631_152_000), to: 2_524_608_000, by: 37 * 3600 + 1111).map { $0 }
        try await ScratchDirectory.with { scratch in
            let path = try scratch.write(times.map { "@\($0)\n" }.joined(), to: "times")
            let said = try await TestProcess.run(
                ["date", "-f", path, "+%s %::z"], environment: ["TZ": zone, "LC_ALL": "C"], in: scratch)
            let lines = said.stdout.split(separator: "\n")
            try #require(said.status == 0 && lines.count == times.count)
            var wrong: [String] = []
            for (line, time) in zip(lines, times) {
                let offset = file.offset(at: time)
                let size = abs(offset)
                func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
                let text =
                    "\(offset < 0 ? "-" : "+")\(two(size / 3600)):\(two(size / 60 % 60)):\(two(size % 60))"
                // `-00:00` is how the database says that nobody lived there.
                let said = line.hasSuffix(" -00:00:00") ? "\(time) +00:00:00" : String(line)
                if said != "\(time) \(text)" { wrong.append("\(line) is not \(text)") }
            }
            #expect(wrong.prefix(3) == [])
        }
    }

    @Test(arguments: zones) func `every time that clocks show leads back to them`(zone: String) throws {
        let file = try ZoneFile.named(zone)
        for time in stride(from: Int64(1_735_689_600), to: 1_830_297_600, by: 1800) {
            let local = time + file.offset(at: time)
            let instant = file.instant(ofLocal: local)
            // The first of two, else the very one.
            #expect(instant <= time && instant + file.offset(at: instant) == local, "\(time)")
        }
    }

    @Test func `a name that is none, and a file that is damaged, are told`() throws {
        for name in ["Europe/Olso", "../../etc/passwd", "", "/etc/localtime", ".hidden", "Europe//Oslo"] {
            #expect(throws: ZoneFile.Failure.self, "\(name)") { try ZoneFile.named(name) }
        }
        do throws(ZoneFile.Failure) {
            _ = try ZoneFile.named("Europe/Oslo", in: "/no/such/folder")
        } catch {
            #expect(error.nextAction == "install tzdata, or write UTC")
        }
        let bytes = try Files.read("\(ZoneFile.folder)/Europe/Oslo", limit: ZoneFile.sizeLimit)
        for count in 0..<bytes.count - 1 {
            // Cut in its footer, a file can say a shorter rule; nothing traps.
            _ = try? ZoneFile(name: "cut", Array(bytes.prefix(count)))
        }
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 0x81
            _ = try? ZoneFile(name: "flipped", changed).offset(at: 1_800_000_000)
        }
    }

    @Test func `rules of POSIX are read`() throws {
        let rule = try #require(ZoneRule("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"))
        #expect(rule.offset(at: 1_800_000_000) == 39_600)
        let always = try #require(ZoneRule("EST5EDT4,0/0,J365/25"))
        #expect(always.offset(at: 1_800_000_000) == -14_400 && always.offset(at: 1_798_779_600) == -14_400)
        for text in ["", "CET", "CET-1CEST", "CET-1CEST,M13.1.0,M3.1.0", "CET-1CEST,M3.5.0,M10.5.0/3x", "C1"] {
            #expect(ZoneRule(text) == nil, "\(text)")
        }
    }
}
