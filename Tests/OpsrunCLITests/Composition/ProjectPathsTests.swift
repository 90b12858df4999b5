import OpsrunCLI
import Testing

@Suite struct ProjectPathsTests {
    private func paths(_ files: [String], _ environment: [String: String] = [:]) -> ProjectPaths {
        var surroundings = CapturedStreams(environment: environment).surroundings
        surroundings.executable = "/usr/local/bin/opsrun"
        return ProjectPaths(surroundings) { files.contains($0) }
    }

    @Test(arguments: [
        ("site.yml", "site.yml"), ("rolling-upgrade", "/usr/local/share/opsrun/playbooks/rolling-upgrade.yml"),
        ("rolling-upgrade.yml", "/usr/local/share/opsrun/playbooks/rolling-upgrade.yml"),
        ("./rolling-upgrade", nil), ("nothing", nil),
    ])
    func `a playbook is found by path, else by name`(word: String, path: String?) {
        let paths = paths(["site.yml", "/usr/local/share/opsrun/playbooks/rolling-upgrade.yml"])
        #expect(paths.playbook(word) == path)
    }

    @Test(arguments: [
        ("playbooks/x.yml", "inventories/default.yml"), ("x.yml", "../inventories/default.yml"),
        ("/a/playbooks/x.yml", "/a/inventories/default.yml"), ("../p/x.yml", "../inventories/default.yml"),
        ("/x.yml", "/inventories/default.yml"), ("../../x.yml", "../../../inventories/default.yml"),
        ("./x.yml", "../inventories/default.yml"), ("./playbooks/x.yml", "inventories/default.yml"),
    ])
    func `the default inventory stands beside the playbook's folder`(playbook: String, inventory: String) {
        #expect(paths([inventory]).inventory(Options(), playbook: playbook) == inventory)
        #expect(paths([]).inventory(Options(), playbook: playbook) == nil)
    }

    @Test func `an inventory that was named wins, whether it exists or not`() {
        var options = Options()
        let paths = paths(["inventories/default.yml"], ["OPSRUN_INVENTORY": "other.yml"])
        #expect(paths.inventory(options, playbook: "playbooks/x.yml") == "other.yml")
        options.inventory = "named.yml"
        #expect(paths.inventory(options, playbook: "playbooks/x.yml") == "named.yml")
    }

    @Test(
        arguments: [
            (["XDG_STATE_HOME": "/state", "HOME": "/home/anna"], "/state/opsrun"),
            (["HOME": "/home/anna"], "/home/anna/.local/state/opsrun"),
            (["XDG_STATE_HOME": "relative", "HOME": "/home/anna"], "/home/anna/.local/state/opsrun"), ([:], nil),
        ] as [([String: String], String?)])
    func `the state folder follows XDG`(environment: [String: String], folder: String?) {
        #expect(paths([], environment).stateFolder(Options()) == folder)
    }
}
