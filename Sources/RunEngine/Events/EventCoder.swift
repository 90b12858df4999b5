import Playbooks
package import Values

/// Reads or writes the fields of an event: one field list serves the journal, the event stream and their readers.
///
/// A writer leaves out what is empty or nil; a reader leaves the default of a field that is missing and ignores what it does
/// not know, so the schema may grow.
package protocol EventCoder {
    mutating func field(_ name: StaticString, _ value: inout String)
    mutating func field(_ name: StaticString, _ value: inout String?)
    mutating func field(_ name: StaticString, _ value: inout Int)
    mutating func field(_ name: StaticString, _ value: inout Int?)
    mutating func field(_ name: StaticString, _ value: inout Bool)
    mutating func field(_ name: StaticString, _ value: inout Bool?)
    mutating func field(_ name: StaticString, _ value: inout [String])
    /// In milliseconds.
    mutating func field(_ name: StaticString, _ value: inout Duration)
    mutating func field(_ name: StaticString, _ value: inout Duration?)
    mutating func field(_ name: StaticString, _ value: inout Timestamp?)
    mutating func field(_ name: StaticString, _ value: inout Value)
    mutating func field(_ name: StaticString, _ value: inout ValueMap)
    mutating func field<Code: RawRepresentable<String>>(_ name: StaticString, code value: inout Code)
    mutating func field<Part: EventPart>(_ name: StaticString, part value: inout Part?)
    mutating func field<Part: EventPart>(_ name: StaticString, parts value: inout [Part])
}

/// A group of fields inside an event.
package protocol EventPart: Sendable {
    init()
    mutating func fields(_ coder: inout some EventCoder)
}

/// Writes fields as the members of a JSON object, straight into bytes.
struct EventWriter: EventCoder {
    private(set) var bytes: [UInt8]
    private var needsComma = false

    init(reserving capacity: Int = 512) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    mutating func open() {
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
    }

    mutating func close() {
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    mutating func field(_ name: StaticString, _ value: inout String) {
        guard !value.isEmpty else { return }
        key(name)
        bytes.appendQuoted(value)
    }

    mutating func field(_ name: StaticString, _ value: inout String?) {
        guard let value else { return }
        key(name)
        bytes.appendQuoted(value)
    }

    mutating func field(_ name: StaticString, _ value: inout Int) {
        key(name)
        bytes.appendDecimal(value)
    }

    mutating func field(_ name: StaticString, _ value: inout Int?) {
        guard let value else { return }
        key(name)
        bytes.appendDecimal(value)
    }

    mutating func field(_ name: StaticString, _ value: inout Bool) {
        key(name)
        bytes += (value ? "true" : "false").utf8
    }

    mutating func field(_ name: StaticString, _ value: inout Bool?) {
        guard var flag = value else { return }
        field(name, &flag)
    }

    mutating func field(_ name: StaticString, _ value: inout [String]) {
        guard !value.isEmpty else { return }
        key(name)
        bytes.append(UInt8(ascii: "["))
        for (index, item) in value.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.appendQuoted(item)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    mutating func field(_ name: StaticString, _ value: inout Duration) {
        key(name)
        bytes.appendDecimal(Int(clamping: value.milliseconds))
    }

    mutating func field(_ name: StaticString, _ value: inout Duration?) {
        guard let value else { return }
        key(name)
        bytes.appendDecimal(Int(clamping: value.milliseconds))
    }

    mutating func field(_ name: StaticString, _ value: inout Timestamp?) {
        guard let value else { return }
        key(name)
        bytes.appendQuoted(value.description)
    }

    mutating func field(_ name: StaticString, _ value: inout Value) {
        guard !value.isNull else { return }
        key(name)
        bytes += JSON.text(value).utf8
    }

    mutating func field(_ name: StaticString, _ value: inout ValueMap) {
        guard !value.isEmpty else { return }
        key(name)
        bytes += JSON.text(.map(value)).utf8
    }

    mutating func field<Code: RawRepresentable<String>>(_ name: StaticString, code value: inout Code) {
        key(name)
        bytes.appendQuoted(value.rawValue)
    }

    mutating func field<Part: EventPart>(_ name: StaticString, part value: inout Part?) {
        guard var part = value else { return }
        key(name)
        open()
        part.fields(&self)
        close()
    }

    mutating func field<Part: EventPart>(_ name: StaticString, parts value: inout [Part]) {
        guard !value.isEmpty else { return }
        key(name)
        bytes.append(UInt8(ascii: "["))
        for index in value.indices {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            open()
            value[index].fields(&self)
            close()
        }
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    private mutating func key(_ name: StaticString) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }
}

/// Reads fields from a JSON object where it stands. What has the wrong type counts as missing.
struct EventReader: EventCoder {
    private var object: JSONObject

    fileprivate init(_ object: JSONObject) { self.object = object }

    private mutating func int(_ name: StaticString) -> Int? { object.int(name).map { Int(clamping: $0) } }

    mutating func field(_ name: StaticString, _ value: inout String) {
        if let text = object.text(name) { value = text }
    }

    mutating func field(_ name: StaticString, _ value: inout String?) {
        if let text = object.text(name) { value = text }
    }

    mutating func field(_ name: StaticString, _ value: inout Int) {
        if let number = int(name) { value = number }
    }

    mutating func field(_ name: StaticString, _ value: inout Int?) {
        if let number = int(name) { value = number }
    }

    mutating func field(_ name: StaticString, _ value: inout Bool) {
        if let flag = object.bool(name) { value = flag }
    }

    mutating func field(_ name: StaticString, _ value: inout Bool?) {
        if let flag = object.bool(name) { value = flag }
    }

    mutating func field(_ name: StaticString, _ value: inout [String]) {
        if let list = object.value(name)?.listValue { value = list.compactMap(\.stringValue) }
    }

    mutating func field(_ name: StaticString, _ value: inout Duration) {
        if let number = object.int(name) { value = .milliseconds(number) }
    }

    mutating func field(_ name: StaticString, _ value: inout Duration?) {
        if let number = object.int(name) { value = .milliseconds(number) }
    }

    mutating func field(_ name: StaticString, _ value: inout Timestamp?) {
        if let text = object.text(name) { value = Timestamp(rfc3339Text: text) }
    }

    mutating func field(_ name: StaticString, _ value: inout Value) {
        if let read = object.value(name) { value = read }
    }

    mutating func field(_ name: StaticString, _ value: inout ValueMap) {
        if let read = object.value(name)?.mapValue { value = read }
    }

    mutating func field<Code: RawRepresentable<String>>(_ name: StaticString, code value: inout Code) {
        if let code = object.text(name).flatMap(Code.init(rawValue:)) { value = code }
    }

    mutating func field<Part: EventPart>(_ name: StaticString, part value: inout Part?) {
        if let part = object.object(name) { value = Part(reading: part) }
    }

    mutating func field<Part: EventPart>(_ name: StaticString, parts value: inout [Part]) {
        if let parts = object.objects(name) { value = parts.map(Part.init(reading:)) }
    }
}

extension EventPart {
    init(reading object: JSONObject) {
        self.init()
        var reader = EventReader(object)
        fields(&reader)
    }

    /// Of an object that was read as a tree.
    init(tree: ValueMap) {
        self = Array(JSON.text(.map(tree)).utf8).withUnsafeBytes { bytes in
            var object = JSONObject()
            return object.load(bytes) ? Self(reading: object) : Self()
        }
    }
}

extension [UInt8] {
    /// A JSON string. Text is written as it is, but for quotes, backslashes and control characters.
    mutating func appendQuoted(_ text: String) {
        append(UInt8(ascii: "\""))
        let digits = StaticString("0123456789abcdef")
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(byte)
            case 0x0A:
                append(UInt8(ascii: "\\"))
                append(UInt8(ascii: "n"))
            case 0x0D:
                append(UInt8(ascii: "\\"))
                append(UInt8(ascii: "r"))
            case 0x09:
                append(UInt8(ascii: "\\"))
                append(UInt8(ascii: "t"))
            case 0..<0x20, 0x7F:
                self += "\\u00".utf8
                append(digits.utf8Start[Int(byte >> 4)])
                append(digits.utf8Start[Int(byte & 15)])
            default: append(byte)
            }
        }
        append(UInt8(ascii: "\""))
    }

    mutating func appendDecimal(_ number: Int) { self += String(number).utf8 }
}
