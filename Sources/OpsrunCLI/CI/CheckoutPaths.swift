/// Paths as a reviewer's pages know them: from the root of the checkout.
package struct CheckoutPaths: Sendable {
    private let root: [Substring]
    private let working: [Substring]

    package init(_ surroundings: Surroundings) {
        let names = [
            "GITHUB_WORKSPACE", "CI_PROJECT_DIR", "BUILD_SOURCESDIRECTORY", "BUILDKITE_BUILD_CHECKOUT_PATH",
            "WORKSPACE",
        ]
        let told =
            surroundings.isCI ? names.lazy.compactMap { surroundings.environment[$0] }.first { $0.hasPrefix("/") } : nil
        working = Self.parts(surroundings.workingDirectory)
        root = told.map { Self.parts($0) } ?? working
    }

    /// A path below the root without it; any other one absolute.
    package func relative(_ path: String) -> String {
        let absolute = Self.parts(path.hasPrefix("/") ? path : "/" + working.joined(separator: "/") + "/" + path)
        guard absolute.count > root.count, absolute.starts(with: root) else {
            return "/" + absolute.joined(separator: "/")
        }
        return absolute.dropFirst(root.count).joined(separator: "/")
    }

    private static func parts(_ path: String) -> [Substring] {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts
    }
}
