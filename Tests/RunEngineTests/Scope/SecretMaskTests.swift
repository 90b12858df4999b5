import Testing
import Values

@testable import RunEngine

/// Secrets in text that was cut, in JSON of other languages, and in numbers.
@Suite struct SecretMaskTests {
    private func mask(_ secrets: String...) -> SecretMask {
        let mask = SecretMask()
        for secret in secrets { mask.add(.secret(Secret(secret, origin: "env:X"))) }
        return mask
    }

    @Test func `the halves of a secret on the two sides of a cut are covered, wherever it is cut`() {
        let secret = "correct-horse-battery"
        let mask = mask(secret)
        for count in 0...secret.utf8.count {
            let (head, tail) = (secret.prefix(count), secret.dropFirst(count))
            let text = "begin \(head)…\n[77 bytes left out]\n…\(tail) end"
            let shown = mask.apply(text)
            // Two bytes of it say nothing.
            for half in [head, tail] where half.count > 2 { #expect(!shown.contains(half), "\(count): \(shown)") }
            #expect(shown.hasPrefix("begin ") && shown.hasSuffix(" end"))
            // Line by line too, as `stdout_lines` has them.
            let lines = mask.apply(.list(text.split(separator: "\n").map { .string(String($0)) }))
            for half in [head, tail] where half.count > 2 { #expect(!JSON.text(lines).contains(half), "\(count)") }
        }
        #expect(mask.apply("a line that ends…") == "a line that ends…")
        #expect(mask.apply("corr") == "corr", "not cut: it is another word")
    }

    @Test func `a secret before a cut is covered as a whole, and its encodings by halves`() {
        let mask = mask("s3cr3t-t0ken")
        #expect(mask.apply("x s3cr3t-t0ken…") == "x •••…")
        // 73336372 is the beginning of its hex digits.
        #expect(mask.apply("73336372…") == "•••…")
    }

    @Test(arguments: [
        // Go's encoding/json, and with SetEscapeHTML off.
        #"p@ss\u003cw\u0026rd\u003e/x"#, "p@ss<w&rd>/x",
        // PHP.
        #"p@ss<w&rd>\/x"#,
        // .NET.
        #"p@ss\u003Cw\u0026rd\u003E/x"#,
    ])
    func `a secret in JSON of other languages is covered`(form: String) {
        #expect(mask("p@ss<w&rd>/x").apply("{\"k\":\"\(form)\"}") == "{\"k\":\"•••\"}")
    }

    @Test(arguments: [#"\u00e6r=lig\/\u65e5"#, #"\u00E6r\u003Dlig/\u65E5"#, #"ær\u003dlig\/日"#])
    func `letters beyond ASCII and signs that are escaped are covered`(form: String) {
        #expect(mask("ær=lig/日").apply(form) == "•••")
    }

    @Test func `a secret of digits is covered as text and as a number`() {
        let mask = mask("90817263", "4711")
        #expect(mask.apply("pin 90817263, 4711.") == "pin •••, •••.")
        #expect(
            mask.apply(.list([.int(90_817_263), .int(4711), .int(14711), .float(0.5)]))
                == .list(["•••", "•••", .int(14711), .float(0.5)]))
        let nested: ValueMap = ["a": ["b": .int(90_817_263)]]
        #expect(mask.apply(nested)["a"]?["b"] == "•••")
    }

    @Test func `four bytes are the shortest secret that is looked for`() {
        #expect(mask("abcd").apply("xabcdx YWJjZA== 61626364") == "x•••x ••• •••")
        #expect(mask("abc").apply("abc") == "abc")
    }
}
