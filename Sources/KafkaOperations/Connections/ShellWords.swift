/// Words of a POSIX shell's command line: quoting them, and reading them without a shell.
package enum ShellWords {
    /// One word as a shell reads it back exactly.
    package static func quote(_ word: String) -> String {
        let isPlain =
            !word.isEmpty
            && word.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "-_./:=,@%+".utf8.contains(byte)
                }
            }
        if isPlain { return word }
        var quoted = "'"
        for scalar in word.unicodeScalars {
            if scalar == "'" { quoted += "'\\''" } else { quoted.unicodeScalars.append(scalar) }
        }
        return quoted + "'"
    }

    package static func quote(_ argv: [String]) -> String { argv.map(quote).joined(separator: " ") }

    package struct Failure: Error, Hashable {
        package var message: String
    }

    /// Splits text into words: blanks separate, single and double quotes and the backslash keep. Nothing is expanded,
    /// and what only a shell could do (`|`, `>`, `;`, `&` outside quotes) is refused, since the program would get it as
    /// a word.
    package static func split(_ text: String) throws(Failure) -> [String] {
        var words: [String] = []
        var word: String.UnicodeScalarView?
        var quote: Unicode.Scalar?
        var escaped = false
        func add(_ scalar: Unicode.Scalar) {
            if word == nil { word = String.UnicodeScalarView() }
            word?.append(scalar)
        }
        for scalar in text.unicodeScalars {
            if escaped {
                escaped = false
                if quote == "\"" && scalar != "\"" && scalar != "\\" { add("\\") }
                add(scalar)
            } else if let open = quote {
                if scalar == open {
                    quote = nil
                } else if scalar == "\\" && open == "\"" {
                    escaped = true
                } else {
                    add(scalar)
                }
            } else {
                switch scalar {
                case "'", "\"":
                    quote = scalar
                    if word == nil { word = String.UnicodeScalarView() }
                case "\\": escaped = true
                case " ", "\t", "\n", "\r":
                    if let done = word { words.append(String(done)) }
                    word = nil
                case "|", ">", "<", ";", "&", "`":
                    throw Failure(message: "`\(scalar)` needs a shell: use `shell`, or quote it")
                default: add(scalar)
                }
            }
        }
        guard quote == nil, !escaped else { throw Failure(message: "a quote is not closed") }
        if let done = word { words.append(String(done)) }
        return words
    }
}
