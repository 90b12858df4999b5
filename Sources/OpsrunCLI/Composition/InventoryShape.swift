internal import EventLoop
internal import Playbooks

/// Tells an inventory from a playbook by the keys at the root of a file.
enum InventoryShape {
    static func isInventory(_ path: String) -> Bool {
        guard let bytes = try? Files.read(path, limit: YAMLParser.maximumBytes) else { return false }
        return isInventory(bytes, path)
    }

    /// The first key that only one of them has decides, which is nearly always the first key of all; only a file without such
    /// a key, or one that is written as JSON, is parsed for it.
    static func isInventory(_ bytes: [UInt8], _ path: String) -> Bool {
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            switch line.first {
            case UInt8(ascii: " "), UInt8(ascii: "#"), UInt8(ascii: "\t"), UInt8(ascii: "\r"), nil: continue
            // A list.
            case UInt8(ascii: "["): return false
            case UInt8(ascii: "-") where !line.starts(with: Array("---".utf8)): return false
            default: break
            }
            let key = String(decoding: line.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
            if key == "all" { return true }
            if ofPlaybooks.contains(key) { return false }
        }
        guard let entries = YAMLParser.document(of: bytes, file: path).root?.entries else { return false }
        return entries.contains { $0.key == "all" }
            || !entries.isEmpty && entries.allSatisfy { isGroup($0.value) }
    }

    private static let ofPlaybooks: Set<String> = ["opsrun", "plays", "params", "gates", "hosts", "tasks"]

    private static func isGroup(_ node: YAMLNode) -> Bool {
        guard let keys = node.entries?.map(\.key), !keys.isEmpty else { return false }
        return keys.allSatisfy { ["hosts", "vars", "children"].contains($0) }
    }
}
