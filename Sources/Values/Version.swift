/// A release number: numeric parts compare as numbers, a pre-release comes before its release, build metadata (`+…`) only
/// tells two equal ones apart in print.
///
/// `4.3` and `4.3.0` are equal in order and as values, since missing parts count as zero; the text is kept as written.
package struct Version: Sendable {
    /// As written.
    package let text: String
    /// The numeric parts, at least one.
    package let numbers: [Int]
    /// The identifiers after the first `-`; empty for a release.
    package let preRelease: [String]

    /// Reads `3.9.2`, `v4.0`, `4.1.0-rc1`, `7.5.3+ccs`; nil for anything else.
    package init?(_ text: String) {
        let bare = text.hasPrefix("v") ? text.dropFirst() : text[...]
        let release = bare.prefix { $0 != "+" }
        let core = release.prefix { $0 != "-" }
        let tail = release.dropFirst(core.count).dropFirst()
        let parts = core.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in
            part.allSatisfy { $0.isASCII && $0.isNumber } ? Int(part) : nil
        }
        guard !numbers.isEmpty, numbers.count == parts.count, !(core.count < release.count && tail.isEmpty) else {
            return nil
        }
        self.text = text
        self.numbers = numbers
        preRelease = tail.isEmpty ? [] : tail.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }

    /// `major.minor`, the line that Kafka's feature levels name.
    package var line: Version {
        let minor = numbers.count > 1 ? numbers[1] : 0
        return Version(major: numbers[0], minor: minor)
    }

    package init(major: Int, minor: Int) {
        text = "\(major).\(minor)"
        numbers = [major, minor]
        preRelease = []
    }
}

extension Version: Hashable, Comparable {
    /// Without trailing zeros, so that equal versions hash alike.
    private var significant: ArraySlice<Int> {
        var slice = numbers[...]
        while slice.count > 1, slice.last == 0 { slice = slice.dropLast() }
        return slice
    }

    package static func == (left: Version, right: Version) -> Bool {
        left.significant == right.significant && left.preRelease == right.preRelease
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(significant)
        hasher.combine(preRelease)
    }

    package static func < (left: Version, right: Version) -> Bool {
        if left.significant != right.significant {
            return left.significant.lexicographicallyPrecedes(right.significant)
        }
        if left.preRelease.isEmpty || right.preRelease.isEmpty {
            return !left.preRelease.isEmpty && right.preRelease.isEmpty
        }
        for (one, other) in zip(left.preRelease, right.preRelease) where one != other {
            switch (Int(one), Int(other)) {
            case (let one?, let other?): return one < other
            case (.some, nil): return true
            case (nil, .some): return false
            case (nil, nil): return one < other
            }
        }
        return left.preRelease.count < right.preRelease.count
    }
}

extension Version: CustomStringConvertible {
    package var description: String { text }
}
