/// The level of the feature `metadata.version` that each release line of Kafka finalizes (`kafka-features.sh version-mapping`
/// of 4.3.1).
package enum ReleaseLevels {
    /// A release line and its last level; the levels between two lines were of no release.
    package struct Release: Sendable, Hashable {
        package let major: Int
        package let minor: Int
        package let level: Int16
    }

    /// Release lines in order, each with the highest level that it finalizes.
    package static let releases: [Release] = [
        Release(major: 3, minor: 3, level: 7), Release(major: 3, minor: 4, level: 8),
        Release(major: 3, minor: 5, level: 11), Release(major: 3, minor: 6, level: 14),
        Release(major: 3, minor: 7, level: 19), Release(major: 3, minor: 8, level: 20),
        Release(major: 3, minor: 9, level: 21), Release(major: 4, minor: 0, level: 25),
        Release(major: 4, minor: 1, level: 27), Release(major: 4, minor: 2, level: 29),
        Release(major: 4, minor: 3, level: 30),
    ]

    /// The level that a release line finalizes; nil for a line that is not in the table.
    package static func level(major: Int, minor: Int) -> Int16? {
        releases.first { $0.major == major && $0.minor == minor }?.level
    }
}
