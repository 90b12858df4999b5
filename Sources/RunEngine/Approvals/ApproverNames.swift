/// How names of people are compared: as they are written. One that differs in case alone is a near miss, which a refusal names.
package enum ApproverNames {
    /// Why a name is none of the approvers; nil: it is one.
    package static func objection(to name: String, among approvers: [String]) -> String? {
        guard !approvers.contains(name) else { return nil }
        return "\(name) is not among the approvers" + (nearMiss(of: name, in: approvers).map { ": \(says($0))" } ?? "")
    }

    /// The name among them that differs in case alone.
    package static func nearMiss(of name: String, in names: [String]) -> String? {
        let folded = name.lowercased()
        return names.first { $0 != name && $0.lowercased() == folded }
    }

    package static func says(_ near: String) -> String { "'\(near)' is, and names count as they are written" }
}
