import Glibc
import KafkaWire
import Testing
import Values

/// Every vector that Kafka's own classes wrote is read to its JSON and written to its bytes.
@Suite struct GoldenVectors {
    /// Prints, and with OPSRUN_SUMMARY appends to that file, what was skipped and `N passed, M failed`, counted in vectors.
    @Test(.enabled(if: GoldenFiles.areThere, "OPSRUN_GOLDEN is not set"))
    func `every vector of the messages built here decodes to its JSON and encodes to its bytes`() throws {
        var passed = 0
        var failed = 0
        var skipped = 0
        var skippedFiles = 0
        for (path, lines) in GoldenFiles.everyFile() {
            let name = String(path.dropLast(".jsonl".count))
            let problems: [String?]
            if let type = AllMessages.byName[name] ?? CoordinatorGolden.byPath[name] {
                problems = try GoldenFiles.vectors(of: name).map { problem(type, $0) }
            } else if name == "scram" {
                // ScramGoldenVectors of KafkaAdminTests counts these.
                continue
            } else if let check = formats[name] {
                problems = try GoldenFiles.lines(path).map(check)
            } else {
                skipped += lines
                skippedFiles += 1
                continue
            }
            passed += problems.count { $0 == nil }
            // A line that is not a vector is not passed either.
            failed += lines - problems.count { $0 == nil }
            for problem in problems.compactMap(\.self) { Issue.record("\(problem)") }
        }
        report(passed: passed, failed: failed, skipped: skipped, files: skippedFiles)
        #expect(passed > 0)
        #expect(failed == 0)
    }

    /// Messages that only brokers and controllers send each other.
    private static let betweenBrokers: Set<String> = [
        "AllocateProducerIds", "AlterPartition", "AssignReplicasToDirs", "BeginQuorumEpoch", "BrokerHeartbeat",
        "BrokerRegistration", "ControllerRegistration", "DeleteShareGroupState", "EndQuorumEpoch", "Envelope",
        "FetchSnapshot", "InitializeShareGroupState", "ReadShareGroupState", "ReadShareGroupStateSummary", "Vote",
        "WriteShareGroupState",
    ]

    @Test(.enabled(if: GoldenFiles.areThere, "OPSRUN_GOLDEN is not set"))
    func `every message with vectors is spoken unless only brokers send it`() {
        let messages = GoldenFiles.everyFile().map { String($0.path.dropLast(".jsonl".count)) }
            .filter { !$0.contains("/") && $0.first?.isUppercase == true }
        let missing = Set(messages).subtracting(AllMessages.byName.keys)
        #expect(missing == Set(Self.betweenBrokers.flatMap { ["\($0)Request", "\($0)Response"] }))
    }

    /// Files of other formats than messages, with the check of a line.
    private var formats: [String: (String) throws -> String?] {
        [
            "uuid": uuidProblem, "records": RecordGolden.problem, "mirror": MirrorGolden.problem,
            "murmur2": MirrorGolden.murmur2Problem,
        ]
    }

    private func problem(_ type: any KafkaMessage.Type, _ vector: GoldenFiles.Vector) -> String? {
        func check<M: KafkaMessage>(_ type: M.Type) -> String? {
            do throws(WireError) {
                let (decoded, rest) = try M.decode(vector.bytes, version: vector.version)
                guard rest == 0 else { return "\(rest) bytes are left" }
                let json = try JSONMessageWriter.json(decoded, version: vector.version)
                guard json == vector.json else {
                    return "decodes to \(JSON.text(json)) instead of \(JSON.text(vector.json))"
                }
                let again = try decoded.encoded(version: vector.version)
                guard again == vector.bytes else { return "encodes again to \(Hex.text(again))" }
                let built = try JSONMessageReader.message(M.self, vector.json, version: vector.version)
                let bytes = try built.encoded(version: vector.version)
                guard bytes == vector.bytes else {
                    return "encodes from JSON to \(Hex.text(bytes)) instead of \(Hex.text(vector.bytes))"
                }
                guard vector.variant != "default" || built == M() else {
                    return "the defaults are not the definition's"
                }
                return nil
            } catch {
                return "\(error)"
            }
        }
        return check(type).map { "\(vector.name): \($0)" }
    }

    private func uuidProblem(_ line: String) throws -> String? {
        let value = try JSON.parse(line)
        guard let text = value["base64"]?.stringValue else { return "no text: \(line)" }
        let uuid = KafkaUUID(text)
        guard let hex = value["hex"]?.stringValue.flatMap(Hex.bytes) else {
            return uuid == nil ? nil : "\(text) must not parse"
        }
        guard let uuid else { return "\(text) does not parse" }
        let bytes = Hex.text(hex)
        guard UInt64(bytes.prefix(16), radix: 16) == uuid.high, UInt64(bytes.suffix(16), radix: 16) == uuid.low else {
            return "\(text) parses to another id"
        }
        return uuid.description == text ? nil : "\(text) is written as \(uuid)"
    }

    private func report(passed: Int, failed: Int, skipped: Int, files: Int) {
        var summary = ""
        if skipped > 0 {
            summary += "\(skipped) skipped (\(files) files of messages and formats that are not spoken)\n"
        }
        summary += "\(passed) passed, \(failed) failed\n"
        print(summary, terminator: "")
        guard let path = GoldenFiles.environment("OPSRUN_SUMMARY"), let file = fopen(path, "a") else { return }
        fputs(summary, file)
        fclose(file)
    }
}
