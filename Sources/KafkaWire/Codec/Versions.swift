/// The versions of a message in which something applies, written as the definitions read: `3...`, `0...12`.
package struct Versions: Sendable, Hashable, CustomStringConvertible {
    package let lower: Int16
    package let upper: Int16

    /// Every version.
    package static let all = Versions(lower: 0, upper: .max)
    /// No version.
    package static let none = Versions(lower: 0, upper: -1)

    package init(lower: Int16, upper: Int16) {
        self.lower = lower
        self.upper = upper
    }

    @inline(__always)
    package func contains(_ version: Int16) -> Bool { version >= lower && version <= upper }

    package var description: String {
        if upper < lower { return "none" }
        if upper == .max { return "\(lower)+" }
        return lower == upper ? "\(lower)" : "\(lower)-\(upper)"
    }
}

// Only this module's field lists write versions as ranges.

@inline(__always)
postfix func ... (lower: Int16) -> Versions { Versions(lower: lower, upper: .max) }

@inline(__always)
func ... (lower: Int16, upper: Int16) -> Versions { Versions(lower: lower, upper: upper) }
