internal import Playbooks
internal import Values

/// Problems of files as SARIF 2.1.0, for code scanning: paths from the root of the checkout, columns in code points.
enum SARIFLog {
    static func value(_ diagnostics: [Diagnostic], paths: CheckoutPaths) -> Value {
        let sorted = DiagnosticView.sorted(diagnostics)
        var codes: [String] = []
        var places: [String: Int] = [:]
        for diagnostic in sorted where places[diagnostic.code] == nil {
            places[diagnostic.code] = codes.count
            codes.append(diagnostic.code)
        }
        let rules = codes.map { code -> Value in
            let meaning = DiagnosticCodes.table[code] ?? code
            return [
                "id": .string(code), "shortDescription": ["text": .string(meaning)],
                "help": ["text": .string("\(meaning)\n\nopsrun explain \(code)")],
            ]
        }
        let driver: Value = [
            "name": "opsrun", "version": .string(OpsrunVersion.number),
            "semanticVersion": .string(OpsrunVersion.number),
            "rules": .list(rules),
        ]
        return [
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
            "runs": [
                [
                    "tool": ["driver": driver], "columnKind": "unicodeCodePoints",
                    "results": .list(sorted.map { result($0, places[$0.code] ?? 0, paths) }),
                ]
            ],
        ]
    }

    private static func result(_ diagnostic: Diagnostic, _ rule: Int, _ paths: CheckoutPaths) -> Value {
        let file = paths.relative(diagnostic.span.file)
        let message = diagnostic.message + (diagnostic.hint.map { ": \($0)" } ?? "")
        var map: ValueMap = [
            "ruleId": .string(diagnostic.code), "ruleIndex": .int(Int64(rule)),
            "level": .string(diagnostic.severity.rawValue), "message": ["text": .string(message)],
        ]
        // What the command line said has no place in a file.
        if diagnostic.span.hasPlace {
            let artifact: Value =
                file.hasPrefix("/")
                ? ["uri": .string("file://" + encoded(file))]
                : ["uri": .string(encoded(file)), "uriBaseId": "%SRCROOT%"]
            let span = diagnostic.span
            var region: ValueMap = [
                "startLine": .int(Int64(span.line)), "startColumn": .int(Int64(max(1, span.column))),
            ]
            if (span.endLine, span.endColumn) > (span.line, span.column) {
                region["endLine"] = .int(Int64(span.endLine))
                region["endColumn"] = .int(Int64(max(1, span.endColumn)))
            }
            map["locations"] = [["physicalLocation": ["artifactLocation": artifact, "region": .map(region)]]]
        }
        // The same problem elsewhere in the file is the same finding: lines move.
        map["partialFingerprints"] = [
            "opsrunFinding/v1": .string(fingerprint("\(diagnostic.code)\n\(file)\n\(diagnostic.message)"))
        ]
        return .map(map)
    }

    /// FNV-1a of 64 bits, twice with different beginnings.
    private static func fingerprint(_ text: String) -> String {
        [0xCBF2_9CE4_8422_2325, 0x8422_2325_CBF2_9CE4].map { (start: UInt64) -> String in
            var hash = start
            for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            let digits = String(hash, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    private static func encoded(_ path: String) -> String {
        path.utf8.map { byte -> String in
            switch byte {
            case 0x2D...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "~"):
                return String(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                return "%" + (digits.count < 2 ? "0" : "") + digits
            }
        }.joined()
    }
}
