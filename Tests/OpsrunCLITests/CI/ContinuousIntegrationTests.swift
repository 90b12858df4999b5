import OpsrunCLI
import Testing

@Suite("CI detection")
struct ContinuousIntegrationTests {
    static let systems: [(String, [String: String], ContinuousIntegration)] = [
        (
            "GitHub",
            [
                "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "mona",
                "GITHUB_SERVER_URL": "https://github.com",
                "GITHUB_REPOSITORY": "acme/kafka", "GITHUB_RUN_ID": "77", "GITHUB_RUN_ATTEMPT": "2",
            ],
            ContinuousIntegration(
                system: .github, actor: "mona", runURL: "https://github.com/acme/kafka/actions/runs/77/attempts/2")
        ),
        (
            "who started it again, on GitHub",
            ["GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "mona", "GITHUB_TRIGGERING_ACTOR": "hubot"],
            ContinuousIntegration(system: .github, actor: "hubot")
        ),
        (
            "GitLab",
            [
                "CI": "true", "GITLAB_CI": "true", "GITLAB_USER_LOGIN": "ada",
                "CI_JOB_URL": "https://gitlab.example/a/-/jobs/5",
            ],
            ContinuousIntegration(system: .gitlab, actor: "ada", runURL: "https://gitlab.example/a/-/jobs/5")
        ),
        (
            "Jenkins, which sets no CI",
            ["JENKINS_URL": "http://ci.example/", "BUILD_ID": "9", "BUILD_URL": "http://ci.example/job/a/9/"],
            ContinuousIntegration(system: .jenkins, runURL: "http://ci.example/job/a/9/")
        ),
        (
            "Azure, which sets no CI",
            [
                "TF_BUILD": "True", "BUILD_REQUESTEDFOR": "Ada L",
                "SYSTEM_COLLECTIONURI": "https://dev.azure.com/acme/",
                "SYSTEM_TEAMPROJECT": "kafka ops", "BUILD_BUILDID": "12",
            ],
            ContinuousIntegration(
                system: .azure, actor: "Ada L",
                runURL: "https://dev.azure.com/acme/kafka%20ops/_build/results?buildId=12")
        ),
        (
            "Buildkite",
            [
                "CI": "true", "BUILDKITE": "true", "BUILDKITE_BUILD_CREATOR": "Ada", "BUILDKITE_JOB_ID": "j1",
                "BUILDKITE_BUILD_URL": "https://buildkite.com/acme/kafka/builds/3",
            ],
            ContinuousIntegration(
                system: .buildkite, actor: "Ada", runURL: "https://buildkite.com/acme/kafka/builds/3#j1")
        ),
        ("any other", ["CI": "1"], ContinuousIntegration(system: .other)),
        (
            "an address that is none", ["GITLAB_CI": "true", "CI_JOB_URL": "javascript:alert(1)"],
            ContinuousIntegration(system: .gitlab)
        ),
        (
            "an address that would end an attribute",
            ["GITLAB_CI": "true", "CI_JOB_URL": "https://a/\"><script>"], ContinuousIntegration(system: .gitlab)
        ),
    ]

    @Test("Each system is known by its variables, with who started the job and where it is", arguments: systems)
    func detects(_ name: String, _ environment: [String: String], _ expected: ContinuousIntegration) {
        #expect(ContinuousIntegration(environment: environment) == expected, "\(name)")
    }

    @Test(
        "Without its variables, or with CI set to no, there is none",
        arguments: [
            [:], ["CI": ""], ["CI": "false"], ["CI": "0"], ["CI": "False", "GITHUB_ACTIONS": "true"],
            ["CI": "", "TF_BUILD": "True"], ["GITHUB_ACTIONS": "false"], ["JENKINS_URL": "http://ci.example/"],
        ])
    func detectsNone(_ environment: [String: String]) {
        #expect(ContinuousIntegration(environment: environment) == nil)
    }
}
