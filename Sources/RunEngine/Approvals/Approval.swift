import EventLoop
package import Playbooks
import Values

/// The arguments of `approve`, which the engine answers itself: it is the only action that asks a person.
struct Approval {
    static let action = "approve"

    var prompt: String
    /// As written: users and `group:name`. Nil: anyone; an empty list is nobody.
    var approvers: [String]?
    var fourEyes: Bool
    var minimum: Int
    var timeout: Duration?
    var mustType: String?

    init(prompt: String, approvers: [String]?, fourEyes: Bool, minimum: Int) {
        self.prompt = prompt
        self.approvers = approvers
        self.fourEyes = fourEyes
        self.minimum = minimum
    }

    init(_ planned: PlannedApproval) {
        self.init(
            prompt: planned.prompt, approvers: planned.approvers.isEmpty ? nil : planned.approvers,
            fourEyes: planned.fourEyes,
            minimum: planned.minimum)
        timeout = planned.timeout
        mustType = planned.mustType
    }

    init(_ arguments: ValueMap) {
        prompt = arguments["prompt"]?.stringValue ?? "Go on?"
        approvers = arguments["approvers"]?.listValue?.compactMap(\.stringValue)
        fourEyes = arguments["four_eyes"]?.boolValue ?? false
        minimum = Int(clamping: arguments["min"]?.intValue ?? 1)
        timeout = arguments["timeout"]?.durationValue
        mustType = arguments["type_to_confirm"]?.stringValue
    }

    /// The users that may answer (nil: anyone); the second part names groups that the inventory does not map.
    func users(in inventory: Inventory) -> (users: [String]?, unmapped: [String]) {
        guard let approvers else { return (nil, []) }
        var users: [String] = []
        var unmapped: [String] = []
        for entry in approvers {
            guard entry.hasPrefix("group:") else {
                users.append(entry)
                continue
            }
            let group = String(entry.dropFirst(6))
            // A group without members is nobody, and not anybody.
            if let members = inventory.approverGroups[group], !members.isEmpty {
                users += members
            } else {
                unmapped.append(group)
            }
        }
        return (users, unmapped)
    }
}

extension Approval {
    /// Why nobody can ever answer; nil: somebody is named, or anyone may.
    var namesNobody: String? {
        approvers?.isEmpty == true ? "`approvers` is an empty list: nobody may answer" : nil
    }
}

extension PlannedApproval {
    /// Who may answer, groups resolved; nil: anyone.
    package func users(in inventory: Inventory) -> [String]? { Approval(self).users(in: inventory).users }

    /// The plan as a whole is to be approved, before anything of it is run.
    package var isWholePlan: Bool { task.isEmpty }
}
