import Testing
import Values

@Suite struct JSONTests {
    @Test(
        "A text reads as the value it spells, with its kinds and its order",
        arguments: [
            ("3", Value.int(3)), ("3.0", .float(3)), ("1e2", .float(100)), ("-0", .int(0)), ("null", .null),
            ("\"a\\u0000b\"", .string("a\u{0}b")), (" [ ] ", .list([])),
            ("[1, 2.5, \"x\", true]", [1, .float(2.5), "x", true]),
            ("9223372036854775807", .int(.max)), ("\"\\ud83d\\ude00\"", .string("😀")),
        ] as [(String, Value)])
    func reads(text: String, value: Value) throws {
        #expect(try JSON.parse(text) == value)
    }

    @Test func keysKeepTheirOrder() throws {
        let names = (0..<40).map { "k\(($0 * 17) % 40)" }
        let text = "{" + names.map { "\"\($0)\":1" }.joined(separator: ",") + "}"
        #expect(try JSON.parse(text).mapValue?.keys == names)
        #expect(JSON.text(try JSON.parse(text)) == text)
    }

    @Test(
        "What is no JSON is refused with its place",
        arguments: [
            ("{\"a\":1,\n \"a\":2}", 2), ("[1,]", 1), ("{", 1), ("", 1), ("[1]\n\n x", 3), ("1e400", 1),
            ("9223372036854775808", 1), ("[\n'a']", 2), ("01", 1), ("NaN", 1), ("\"\u{1}\"", 1),
        ])
    func refuses(text: String, line: Int) {
        #expect {
            try JSON.parse(text)
        } throws: { error in
            (error as? JSONError)?.line == line
        }
    }

    @Test(
        "A text is refused for what stands in a part that nobody takes, too",
        arguments: [
            "{\"a\":{\"b\":1,\"b\":2}}", "{\"a\":[1,{\"b\":[01]}]}", "{\"a\":\"\\ud800\"}",
            "{\"a\":\"\\udc00\\ud800\"}",
            "{\"a\":\"\\x\"}", "{\"a\":tru}", "{\"a\":1.}", "{\"a\":1e}", "{\"a\":-}", "{\"a\":+1}", "{\"a\":1}}",
            "{\"a\":1,}",
            "{\"a\" 1}", "{a:1}", "{\"a\":\"\n\"}", "{\"a\":\"", "{\"a\":\"\\", "{\"a\":\"\\u12",
            "{\"\\u0061\":1,\"a\":2}",
            "{\"a\":99999999999999999999}", "{\"a\":1}\u{0}", "\u{FEFF}{}",
        ])
    func refusesInPlace(text: String) {
        #expect(throws: JSONError.self) { try JSON.parse(text) }
        let isObject = Array(text.utf8).withUnsafeBytes { bytes in
            var object = JSONObject()
            return object.load(bytes)
        }
        #expect(!isObject)
    }

    @Test(
        "Bytes that are no UTF-8 are refused",
        arguments: [[0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0x80]] as [[UInt8]])
    func refusesBytes(bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSON.parse(Array("\"".utf8) + bytes + Array("\"".utf8)) }
    }

    @Test func largeObjectsHaveEachNameOnce() throws {
        let names = (0..<100).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
        #expect(try JSON.parse("{\(names)}").mapValue?.count == 100)
        for name in ["k0", "k31", "k32", "k99"] {
            #expect(throws: JSONError.self) { try JSON.parse("{\(names),\"\(name)\":0}") }
        }
    }

    @Test func membersAreFoundInAnyOrderAndByKind() {
        let text =
            "{\"n\":-7, \"t\":\"a\\u00e9\", \"f\":1.5, \"s\\u0065q\":9, \"o\":{\"x\":[1]}, "
            + "\"l\":[{\"y\":true}, 3], \"z\":null} "
        Array(text.utf8).withUnsafeBytes { bytes in
            var object = JSONObject()
            let isRead = object.load(bytes)
            let numbers = [object.int("seq"), object.int("n"), object.int("f"), object.int("none")]
            let texts = [object.text("t"), object.text("n")]
            let values = [object.value("f"), object.value("z"), object.value("none")]
            var inner = object.object("o")
            let innerValue = inner?.value("x")
            let elements = object.objects("l")?.count
            #expect(isRead && numbers == [9, -7, nil, nil] && texts == ["aé", nil])
            #expect(values == [.float(1.5), .null, nil] && innerValue == [1] && elements == 1)
            #expect(object.tree?["o"]?["x"] == [1])
            let isCutRead = object.load(UnsafeRawBufferPointer(rebasing: bytes.dropLast(5)))
            let left = object.value("n")
            #expect(!isCutRead && left == nil)
        }
    }

    @Test func depthIsBounded() throws {
        let deep = String(repeating: "[", count: 300) + String(repeating: "]", count: 300)
        #expect(throws: JSONError("nested deeper than 200", line: 1, column: 201)) { try JSON.parse(deep) }
        #expect(throws: Never.self) { try JSON.parse(deep, limits: JSON.Limits(depth: 300)) }
    }

    @Test func hugeIntegersBecomeFloatsOnlyWhenAsked() throws {
        let limits = JSON.Limits(hugeIntegersAsFloats: true)
        let text = "[18446744073709551615, 7, \"99999999999999999999\", -9223372036854775809]"
        #expect(
            try JSON.parse(text, limits: limits)
                == [.float(18_446_744_073_709_551_616), 7, "99999999999999999999", .float(-9223372036854775808)])
    }

    @Test(
        "A value is written in its shortest exact form",
        arguments: [
            (Value.float(1), "1.0"), (.float(1e16), "1e+16"), (.float(9.1e15), "9100000000000000.0"),
            (.float(1e-5), "1e-05"), (.float(0.0001), "0.0001"), (.float(-2.5e-7), "-2.5e-07"),
            (.float(1e100), "1e+100"), (.float(.nan), "null"), (.float(123456789012345680), "1.2345678901234568e+17"),
            (.string("é\n\"\u{1}"), "\"é\\n\\\"\\u0001\""), (.secret(Secret("x", origin: "env:X")), "\"•••\""),
            (.duration(.seconds(90)), "\"1m30s\""), (["a": [1, [:]], "b": .null], "{\"a\":[1,{}],\"b\":null}"),
        ] as [(Value, String)])
    func writes(value: Value, text: String) {
        #expect(JSON.text(value) == text)
    }

    @Test func prettyTextIndentsByTwo() {
        #expect(
            JSON.text(["a": [1, 2], "b": [:]], pretty: true) == "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}")
    }
}

@Suite struct ExactTextTests {
    @Test func textIsComparedByCodePoints() {
        let composed = "caf\u{E9}"
        let decomposed = "cafe\u{301}"
        #expect(Value.string(composed) != .string(decomposed))
        #expect(Value.string(composed) == .string("café"))
        var map = ValueMap()
        map[composed] = 1
        map[decomposed] = 2
        #expect(map.count == 2)
        #expect(map[composed] == 1)
        map[composed] = nil
        #expect(map.keys.count == 1 && map[decomposed] == 2)
    }

    @Test func equalMapsHashAlikeWhateverTheirOrder() {
        let one: Value = ["a": 1, "b": 2]
        let other: Value = ["b": 2, "a": 1]
        #expect(one == other)
        #expect(one.hashValue == other.hashValue)
        #expect(one != ["a": 1, "b": .float(2)])
    }
}
