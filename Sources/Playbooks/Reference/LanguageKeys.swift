package import Values

/// Every key that the loader takes and every name that expressions have, by where they stand: what a reference of the language
/// must explain. Made from the readers' own lists, so that neither can know more than the other.
package enum LanguageKeys {
    package struct Place: Sendable {
        /// As in "a key of a play".
        package var name: String
        package var keys: [String]
    }

    package static let places: [Place] = [
        Place(name: "playbook", keys: PlaybookReader.keys),
        Place(name: "play", keys: PlaybookReader.playKeys + ["import_playbook"]),
        Place(name: "task", keys: TaskKeyword.names + ["gate", "block", "import_tasks"]),
        Place(name: "block", keys: PlaybookReader.blockKeys),
        Place(name: "import", keys: PlaybookReader.importKeys.filter { $0 != "import_tasks" }),
        Place(name: "gate", keys: PlaybookReader.gateKeys),
        Place(name: "parameter", keys: PlaybookReader.parameterKeys),
        Place(name: "lock", keys: PlaybookReader.lockKeys),
        Place(name: "window", keys: PlaybookReader.windowKeys),
        Place(name: "time of a window", keys: PlaybookReader.windowRuleKeys),
        Place(name: "hosts", keys: PlaybookReader.hostsKeys),
        Place(name: "loop_control", keys: PlaybookReader.loopControlKeys),
        Place(name: "inventory", keys: HostVariables.global.sorted()),
        Place(name: "group", keys: InventoryTreeReader.groupKeys),
        Place(name: "cluster", keys: ClusterReader.keys),
        Place(name: "host", keys: HostVariables.types.keys.sorted() + ["lifecycle"]),
        Place(name: "expression", keys: names),
    ]

    /// What an expression may name, besides parameters, variables and registered results.
    private static let names = [
        "host", "hosts", "groups", "batch", "cluster", "clusters", "run", "item", "result", "value", "version",
        "failed_task", "failed_result",
    ]

    /// The fields of `cluster` and `run` in expressions.
    package static let records: [String: RecordType] = [
        "cluster": InventoryValues.clusterRecord, "run": InventoryValues.runRecord,
    ]
}
