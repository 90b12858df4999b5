import Values

/// Why a host pattern names no host.
package struct HostPatternFailure: Error, Sendable, Hashable {
    package var message: String
    package var hint: String?
}

extension HostPattern {
    /// The hosts that a pattern names, in inventory order; for terms joined by `:` the order of the first term that names each.
    ///
    /// `a:b` is either, `a:&b` both, `a:!b` without; `*` and `?` match names of hosts and groups, `~…` is a regular
    /// expression, `group[0]`, `group[1:3]` (to 3 inclusive) and `group[-1]` take places. `localhost` is always there.
    /// A term that names nothing is an error; so is a whole that is empty, unless the pattern is optional.
    package func resolve(in inventory: Inventory) throws(HostPatternFailure) -> [Host] {
        try Self.resolve(text.value, in: inventory, isOptional: isOptional)
    }

    /// As `resolve(in:)`, for `--limit` too.
    package static func resolve(
        _ text: String, in inventory: Inventory, isOptional: Bool = false
    ) throws(HostPatternFailure) -> [Host] {
        var included: [String] = []
        var members: Set<String> = []
        var required: [Set<String>] = []
        var excluded: Set<String> = []
        var hasInclusion = false
        let terms = split(text)
        guard !terms.isEmpty else { throw HostPatternFailure(message: "the host pattern is empty", hint: nil) }
        for term in terms {
            let sign = term.first
            let name = sign == "!" || sign == "&" ? String(term.dropFirst()) : term
            guard !name.isEmpty else {
                throw HostPatternFailure(message: "the host pattern '\(text)' has an empty term", hint: nil)
            }
            // What is taken away may be empty, and an optional pattern may name groups that do not exist.
            let names = try self.names(of: name, in: inventory, isOptional: isOptional || sign == "!")
            switch sign {
            case "!": excluded.formUnion(names)
            case "&": required.append(Set(names))
            default:
                hasInclusion = true
                for name in names where members.insert(name).inserted { included.append(name) }
            }
        }
        if !hasInclusion { included = inventory.hosts.map(\.name) }
        let remaining = included.filter { name in
            !excluded.contains(name) && required.allSatisfy { $0.contains(name) }
        }
        guard !remaining.isEmpty || isOptional else {
            throw HostPatternFailure(
                message: "the host pattern '\(text)' matches no host", hint: missingInventory(inventory))
        }
        let byName = Dictionary(inventory.hosts.map { ($0.name, $0) }) { first, _ in first }
        return remaining.map { byName[$0] ?? Host.localhost }
    }

    /// Terms between `:` and `,`, those inside brackets and regular expressions apart.
    private static func split(_ text: String) -> [String] {
        var terms: [String] = []
        var term = ""
        var depth = 0
        for scalar in text.unicodeScalars {
            let isRegex = term.hasPrefix("~") || term.hasPrefix("!~") || term.hasPrefix("&~")
            switch scalar {
            case "[" where !isRegex: depth += 1
            case "]" where !isRegex: depth -= 1
            default: break
            }
            if depth <= 0, scalar == "," || (scalar == ":" && !isRegex) {
                terms.append(term)
                term = ""
            } else if !(scalar == " " && term.isEmpty) {
                term.unicodeScalars.append(scalar)
            }
        }
        if !term.isEmpty || !terms.isEmpty { terms.append(term) }
        return terms
    }

    private static func names(
        of term: String, in inventory: Inventory, isOptional: Bool
    ) throws(HostPatternFailure) -> [String] {
        if term.hasPrefix("~") { return try matching(regex: String(term.dropFirst()), in: inventory, isOptional) }
        var name = term
        var places: Substring?
        if term.hasSuffix("]"), let open = term.lastIndex(of: "["), open != term.startIndex {
            name = String(term[..<open])
            places = term[term.index(after: open)...].dropLast()
        }
        let found = try plain(name, in: inventory, isOptional)
        guard let places else { return found }
        return try take(places, of: found, term, isOptional)
    }

    private static func plain(
        _ name: String, in inventory: Inventory, _ isOptional: Bool
    ) throws(HostPatternFailure) -> [String] {
        if name == "all" || name == "*" { return inventory.hosts.map(\.name) }
        if name.utf8.contains(UInt8(ascii: "*")) || name.utf8.contains(UInt8(ascii: "?")) {
            let pattern = Array(name.unicodeScalars)
            return try matching(name, in: inventory, isOptional) { Self.glob(pattern, Array($0.unicodeScalars)) }
        }
        if let group = inventory.groups.first(where: { $0.name == name }) { return group.hosts }
        if inventory.host(name) != nil || name == "localhost" { return [name] }
        if isOptional { return [] }
        let known = inventory.groups.map(\.name) + inventory.hosts.map(\.name)
        let hint = missingInventory(inventory) ?? NearestName.hint(name, in: known)
        throw HostPatternFailure(message: "the inventory has no group or host '\(name)'", hint: hint)
    }

    private static func missingInventory(_ inventory: Inventory) -> String? {
        inventory.hosts.isEmpty ? "there is no inventory; give one with -i" : nil
    }

    private static func matching(
        _ shown: String, in inventory: Inventory, _ isOptional: Bool, _ matches: (String) -> Bool
    ) throws(HostPatternFailure) -> [String] {
        var members: Set<String> = []
        for group in inventory.groups where matches(group.name) { members.formUnion(group.hosts) }
        let found = inventory.hosts.map(\.name).filter { members.contains($0) || matches($0) }
        guard !found.isEmpty || isOptional else {
            throw HostPatternFailure(
                message: "'\(shown)' matches no group and no host", hint: missingInventory(inventory))
        }
        return found
    }

    private static func matching(
        regex text: String, in inventory: Inventory, _ isOptional: Bool
    ) throws(HostPatternFailure) -> [String] {
        let pattern: Pattern
        do {
            pattern = try Pattern(text)
        } catch {
            throw HostPatternFailure(
                message: "'~\(text)' is no regular expression: \((error as? ExpressionFailure)?.message ?? "")",
                hint: nil)
        }
        return try matching("~" + text, in: inventory, isOptional) {
            ((try? pattern.first(in: $0, anchored: true)) ?? nil) != nil
        }
    }

    private static func take(
        _ places: Substring, of names: [String], _ term: String, _ isOptional: Bool
    ) throws(HostPatternFailure) -> [String] {
        let parts = places.split(separator: ":", omittingEmptySubsequences: false)
        let bad = HostPatternFailure(message: "'\(term)': places are [0], [1:3] or [-1]", hint: nil)
        func place(_ text: Substring, _ fallback: Int) throws(HostPatternFailure) -> Int {
            if text.isEmpty { return fallback }
            guard let number = Int(text) else { throw bad }
            return number < 0 ? names.count + number : number
        }
        guard parts.count == 1 || parts.count == 2, !places.isEmpty else { throw bad }
        let first = try place(parts[0], 0)
        let last = parts.count == 2 ? try place(parts[1], names.count - 1) : first
        let range = max(first, 0)...max(last, max(first, 0))
        guard first >= 0, first <= last, names.indices.contains(first) else {
            if isOptional { return [] }
            throw HostPatternFailure(
                message:
                    "'\(term)' is out of range: there \(names.count == 1 ? "is 1 host" : "are \(names.count) hosts")",
                hint: "places count from 0")
        }
        return Array(names[range.clamped(to: 0...(names.count - 1))])
    }

    /// `*` any text, `?` one character; no other character is special.
    static func glob(_ pattern: [Unicode.Scalar], _ text: [Unicode.Scalar]) -> Bool {
        var (place, at, star, mark) = (0, 0, -1, 0)
        while at < text.count {
            if place < pattern.count, pattern[place] == "*" {
                star = place
                mark = at
                place += 1
            } else if place < pattern.count, pattern[place] == "?" || pattern[place] == text[at] {
                place += 1
                at += 1
            } else if star >= 0 {
                place = star + 1
                mark += 1
                at = mark
            } else {
                return false
            }
        }
        while place < pattern.count, pattern[place] == "*" { place += 1 }
        return place == pattern.count
    }
}

extension Host {
    /// The machine that opsrun runs on: in every inventory, in no group.
    package static let localhost = Host(
        name: "localhost", variables: ["name": "localhost"], cluster: nil, nodeID: nil, brokerID: nil, rack: nil,
        connection: ConnectionSettings(kind: .local, address: "localhost"), lifecycle: nil, groups: [],
        span: SourceSpan(file: "", line: 1, column: 1))
}
