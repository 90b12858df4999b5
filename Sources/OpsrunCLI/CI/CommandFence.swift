/// Keeps what is printed in a CI job from being read as a command by the system that runs it.
///
/// Everything that goes to the two streams passes through here, whatever it is made of: topics, brokers' errors, what programs
/// printed. The rules of all systems hold together, whichever one it is, since some read each other's commands:
///
/// - GitHub Actions: `::` at the beginning of a line, and `##[` anywhere;
/// - Azure Pipelines: `##vso[` and `##[`; TeamCity: `##teamcity[`;
/// - GitLab: `section_start:` and `section_end:`;
/// - Jenkins and terminals: escape sequences that are not our own colours;
/// - Buildkite: `---`, `+++`, `~~~` and `^^^` at the beginning of a line (there only: a diff has them, too).
///
/// What would be a command stays readable: one of its characters is written as `\u{3a}`, in JSON and YAML as `\u003a`, which
/// reads back as the same text.
package struct CommandFence: Sendable {
    package enum Form: Sendable {
        case text
        /// JSON, or YAML whose texts stand in double quotes.
        case quoted
    }

    package var form: Form
    package var system: ContinuousIntegration.System

    package init(_ form: Form, system: ContinuousIntegration.System) {
        self.form = form
        self.system = system
    }

    /// Of whole lines.
    package func apply(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line(String($0)) }.joined(separator: "\n")
    }

    private func written(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        guard form == .quoted else { return "\\u{\(digits)}" }
        return "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    // Most lines have nothing of the kind: one look over the bytes says so.
    private func line(_ line: String) -> String {
        var isPlain = true
        var sawText = false
        for byte in line.utf8 {
            switch byte {
            case 0x20: break
            case 0x21...0x22, 0x24...0x39, 0x3B...0x5E, 0x60...0x7D: sawText = true
            case 0x09: break
            // `:` is harmless behind something, `_` and `#` and `~` are looked at.
            case UInt8(ascii: ":") where sawText: break
            default: isPlain = false
            }
            if !isPlain { break }
        }
        if isPlain, system != .buildkite { return line }
        return escape(line)
    }

    private func escape(_ line: String) -> String {
        let scalars = Array(line.unicodeScalars)
        var result = String.UnicodeScalarView()
        var place = 0
        func begins(_ word: String, at start: Int) -> Bool {
            var index = start
            for scalar in word.unicodeScalars {
                guard index < scalars.count, scalars[index].properties.lowercaseMapping == String(scalar) else {
                    return false
                }
                index += 1
            }
            return true
        }
        func add(_ text: String) { result.append(contentsOf: text.unicodeScalars) }
        // What systems cut off before they look at the beginning of a line.
        let first = scalars.firstIndex { !Self.isTrimmed($0) } ?? scalars.count
        while place < scalars.count {
            let scalar = scalars[place]
            if form == .text, scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value), scalar != "\t" {
                if let length = Self.ownColor(scalars[place...]) {
                    result.append(contentsOf: scalars[place..<(place + length)])
                    place += length
                    continue
                }
                add(written(scalar))
            } else if place == first, begins("::", at: place), form == .text {
                add(written(scalar))
            } else if place == first, form == .text, system == .buildkite, Self.isHeader(scalars[place...]) {
                add(written(scalar))
            } else if scalar == "#", place > 0, scalars[place - 1] == "#",
                begins("[", at: place + 1) || begins("vso[", at: place + 1) || begins("teamcity[", at: place + 1)
            {
                add(written(scalar))
            } else if scalar == ":", Self.endsSection(scalars[..<place]) {
                add(written(scalar))
            } else {
                result.append(scalar)
            }
            place += 1
        }
        return String(result)
    }

    private static func isTrimmed(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || [0x200B, 0x2060, 0xFEFF].contains(scalar.value)
    }

    private static func isHeader(_ scalars: ArraySlice<Unicode.Scalar>) -> Bool {
        guard let first = scalars.first, "-+~^".unicodeScalars.contains(first) else { return false }
        return scalars.prefix(3).count == 3 && scalars.prefix(3).allSatisfy { $0 == first }
    }

    private static func endsSection(_ before: ArraySlice<Unicode.Scalar>) -> Bool {
        ["section_start", "section_end"].contains { word in
            before.suffix(word.count).elementsEqual(word.unicodeScalars)
        }
    }

    /// How long one of our own colours is that begins here (`Style`); nil for anything else.
    private static func ownColor(_ scalars: ArraySlice<Unicode.Scalar>) -> Int? {
        let text = String(String.UnicodeScalarView(scalars.prefix(5)))
        for code in ["0", "1", "2", "31", "32", "33", "34", "35", "36"] where text.hasPrefix("\u{1B}[\(code)m") {
            return code.count + 3
        }
        return nil
    }
}
