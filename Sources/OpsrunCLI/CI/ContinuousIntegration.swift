/// The continuous integration system that a command runs in, read from its variables.
///
/// What it changes: nobody is asked, nothing is redrawn in place, the audit log says who started the job and where it can be
/// looked at, and what a remote printed is never read as a command by the system (`CommandFence`). `CI` set to nothing,
/// `0` or `false` turns all of it off.
package struct ContinuousIntegration: Sendable, Hashable {
    package enum System: String, Sendable, CaseIterable {
        case github, gitlab, jenkins, azure, buildkite
        /// `CI` is set, and nothing says which system it is.
        case other
    }

    package var system: System
    /// Who started the job, as the system names people; nil where it does not say.
    package var actor: String?
    /// Where the job can be looked at: an http or https URL; nil where the system does not say.
    package var runURL: String?

    package init(system: System, actor: String? = nil, runURL: String? = nil) {
        self.system = system
        self.actor = actor
        self.runURL = runURL
    }

    /// For people: `GitHub Actions`.
    package var name: String {
        switch system {
        case .github: "GitHub Actions"
        case .gitlab: "GitLab CI"
        case .jenkins: "Jenkins"
        case .azure: "Azure Pipelines"
        case .buildkite: "Buildkite"
        case .other: "CI"
        }
    }

    /// Nil outside of CI. The variables are those that each system documents as always set in its jobs.
    package init?(environment: [String: String]) {
        func value(_ name: String) -> String? {
            guard let text = environment[name], !text.isEmpty else { return nil }
            return text
        }
        if let word = environment["CI"], Self.no.contains(word.lowercased()) { return nil }
        if value("GITHUB_ACTIONS") == "true" {
            self.init(system: .github, actor: value("GITHUB_TRIGGERING_ACTOR") ?? value("GITHUB_ACTOR"))
            if let server = value("GITHUB_SERVER_URL"), let project = value("GITHUB_REPOSITORY"),
                let run = value("GITHUB_RUN_ID")
            {
                let attempt = value("GITHUB_RUN_ATTEMPT").map { "/attempts/\($0)" } ?? ""
                runURL = Self.url("\(server)/\(project)/actions/runs/\(run)\(attempt)")
            }
        } else if value("GITLAB_CI") != nil {
            self.init(
                system: .gitlab, actor: value("GITLAB_USER_LOGIN"),
                runURL: Self.url(value("CI_JOB_URL") ?? value("CI_PIPELINE_URL")))
        } else if value("TF_BUILD") != nil {
            self.init(
                system: .azure, actor: value("BUILD_REQUESTEDFOREMAIL") ?? value("BUILD_REQUESTEDFOR"))
            if let collection = value("SYSTEM_COLLECTIONURI") ?? value("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"),
                let project = value("SYSTEM_TEAMPROJECT"), let build = value("BUILD_BUILDID")
            {
                let path = "\(Self.percentEncoded(project))/_build/results?buildId=\(build)"
                runURL = Self.url(collection + (collection.hasSuffix("/") ? "" : "/") + path)
            }
        } else if value("BUILDKITE") == "true" {
            self.init(
                system: .buildkite, actor: value("BUILDKITE_BUILD_CREATOR_EMAIL") ?? value("BUILDKITE_BUILD_CREATOR"))
            let job = value("BUILDKITE_JOB_ID").map { "#\($0)" } ?? ""
            runURL = Self.url(value("BUILDKITE_BUILD_URL").map { $0 + job })
        } else if value("JENKINS_URL") != nil, value("BUILD_ID") ?? value("BUILD_NUMBER") != nil {
            // The names are those of the build-user plugin: Jenkins itself does not say who.
            self.init(
                system: .jenkins, actor: value("BUILD_USER_ID") ?? value("BUILD_USER"),
                runURL: Self.url(value("BUILD_URL")))
        } else if value("CI") != nil {
            self.init(system: .other)
        } else {
            return nil
        }
    }

    private static let no: Set<String> = ["", "0", "false"]

    /// Longer than any address of a job; what is longer is not one.
    private static let longestURL = 2048

    /// Nil for what is no web address: it is made a link of in reports.
    private static func url(_ text: String?) -> String? {
        guard let text, text.utf8.count <= longestURL, text.hasPrefix("https://") || text.hasPrefix("http://"),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"\"<>\\^`{|}".utf8.contains($0) })
        else { return nil }
        return text
    }

    /// A project of Azure may have spaces in its name.
    private static func percentEncoded(_ text: String) -> String {
        text.utf8.map { byte -> String in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                return String(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                return "%" + (digits.count < 2 ? "0" : "") + digits
            }
        }.joined()
    }
}

extension Surroundings {
    /// The CI system that runs us; nil outside of one.
    package var ci: ContinuousIntegration? { ContinuousIntegration(environment: environment) }
}
