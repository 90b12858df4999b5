import OpsrunCLI
import TestSupport
import Testing
import Values

/// What `lint --output sarif` writes against the parts of the SARIF 2.1.0 schema (OASIS, errata 01) that it uses: objects there
/// take no other fields than their own.
@Suite struct SARIFShapeTests {
    /// Fields of an object: those that must be there, those that may, and of which kind each is.
    private struct Shape {
        var required: Set<String>
        var fields: [String: String]
    }

    private static let shapes: [String: Shape] = [
        "log": .init(required: ["version", "runs"], fields: ["$schema": "uri", "version": "2.1.0", "runs": "[run]"]),
        "run": .init(
            required: ["tool", "results"], fields: ["tool": "tool", "columnKind": "column", "results": "[result]"]),
        "tool": .init(required: ["driver"], fields: ["driver": "component"]),
        "component": .init(
            required: ["name"],
            fields: ["name": "text", "version": "text", "semanticVersion": "version", "rules": "[rule]"]),
        "rule": .init(required: ["id"], fields: ["id": "text", "shortDescription": "message", "help": "message"]),
        "message": .init(required: ["text"], fields: ["text": "text"]),
        "result": .init(
            required: ["message"],
            fields: [
                "ruleId": "text", "ruleIndex": "index", "level": "level", "message": "message",
                "locations": "[location]", "partialFingerprints": "texts",
            ]),
        "location": .init(required: [], fields: ["physicalLocation": "physical"]),
        "physical": .init(
            required: ["artifactLocation"], fields: ["artifactLocation": "artifact", "region": "region"]),
        "artifact": .init(required: ["uri"], fields: ["uri": "uri", "uriBaseId": "text"]),
        "region": .init(
            required: ["startLine"],
            fields: ["startLine": "one", "startColumn": "one", "endLine": "one", "endColumn": "one"]),
    ]

    private func check(_ value: Value?, _ kind: String, at place: String) {
        if kind.hasPrefix("[") {
            guard let items = value?.listValue else {
                Issue.record("\(place) is no list")
                return
            }
            for (index, item) in items.enumerated() {
                check(item, String(kind.dropFirst().dropLast()), at: "\(place)[\(index)]")
            }
            return
        }
        if let shape = Self.shapes[kind] {
            guard let map = value?.mapValue else {
                Issue.record("\(place) is no object")
                return
            }
            let names = Set(map.map(\.key))
            #expect(names.isSuperset(of: shape.required), "\(place) lacks \(shape.required.subtracting(names))")
            #expect(names.isSubset(of: shape.fields.keys), "\(place) has \(names.subtracting(shape.fields.keys))")
            for (name, item) in map { check(item, shape.fields[name] ?? "text", at: "\(place).\(name)") }
            return
        }
        let text = value?.stringValue
        switch kind {
        case "index": #expect((value?.intValue ?? -1) >= 0, "\(place)")
        case "one": #expect((value?.intValue ?? 0) >= 1, "\(place)")
        case "level": #expect(["none", "note", "warning", "error"].contains(text), "\(place)")
        case "column": #expect(["utf16CodeUnits", "unicodeCodePoints"].contains(text), "\(place)")
        case "2.1.0": #expect(text == "2.1.0", "\(place)")
        case "version": #expect(text?.split(separator: ".").count == 3, "\(place)")
        case "uri":
            let allowed = Set(
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&'()*+,;=%".utf8)
            #expect(text?.utf8.allSatisfy(allowed.contains) == true && text?.isEmpty == false, "\(place)")
        case "texts": #expect(value?.mapValue?.allSatisfy { $0.value.stringValue != nil } == true, "\(place)")
        default: #expect(text?.isEmpty == false, "\(place)")
        }
    }

    @Test(arguments: [
        "opsrun: 1\nname: One\nplays:\n  - hosts: localhost\n    taks: []\n    tasks: [{debug: \"{{ nmae }}\"}]\n",
        "opsrun: 1\nname: Fine\nplays:\n  - hosts: localhost\n    tasks: [{debug: {msg: x}}]\n", "no: playbook\n",
        "opsrun: [\n", "",
    ])
    func `what lint writes fits the schema`(playbook: String) async throws {
        try await ScratchDirectory.with { scratch in
            let path = try scratch.write(playbook, to: "plays of ærlig/one & two.yml")
            let streams = CapturedStreams(environment: ["HOME": scratch.path])
            _ = await OpsrunCommand.run(["lint", path, "--output", "sarif"], in: streams.surroundings)
            check(try JSON.parse(streams.output), "log", at: "log")
        }
    }
}
