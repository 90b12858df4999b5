/// Every filter and test of the language, and what to write instead of those it leaves out.
enum Catalog {
    static let filters = index(
        textFilters + castFilters + listFilters + pickingFilters + setFilters + mapFilters + jsonFilters + numberFilters
            + pathFilters + regexFilters + runbookFilters)

    static let tests = index(valueTests + comparisonTests + collectionTests + resultTests + textTests)

    /// The filters that apply others, or look at what may be missing; the checker and the evaluator know them by name.
    static let specialFilters: Set<String> = ["default", "d", "map", "select", "reject", "selectattr", "rejectattr"]

    static var filterNames: [String] { Array(filters.keys) + specialFilters }

    private static func index(_ definitions: [Definition]) -> [String: Definition] {
        Dictionary(definitions.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Filters of Jinja and Ansible that are left out, with the way to go instead.
    static let refusedFilters: [String: String] = [
        "tojson": "its HTML escapes have no use here: write to_json", "e": "there is no HTML escaping",
        "escape": "there is no HTML escaping", "forceescape": "there is no HTML escaping",
        "safe": "there is no HTML escaping",
        "striptags": "there is no HTML here", "urlize": "there is no HTML here", "xmlattr": "there is no HTML here",
        "pprint": "write to_nice_json", "random": "a plan must be reproducible",
        "shuffle": "a plan must be reproducible",
        "password_hash": "a plan must be reproducible; pass a secret", "attr": "write x.name or x['name']",
        "to_yaml": "write to_json: JSON is YAML", "to_nice_yaml": "write to_nice_json: JSON is YAML",
        "json_query": "use map, select and selectattr",
        "mandatory": "the type says it: a name without a value is an error",
        "extract": "write list[index] or map[key]", "fileglob": "expressions read no files",
        "realpath": "expressions read no files", "expanduser": "expressions read no files",
        "expandvars": "expressions read no environment; use a parameter", "to_uuid": "use sha256",
        "ipaddr": "compare addresses as text or with match", "product": "nest two loops",
        "groupby_as_dict": "write groupby",
        "type_debug": "types are known when the file is loaded", "from_yaml": "write from_json",
    ]

    static let refusedTests: [String: String] = [
        "sameas": "write ==", "truthy": "conditions are bool; say what must hold",
        "falsy": "conditions are bool; say what must hold",
        "callable": "there are no functions", "escaped": "there is no HTML escaping",
        "directory": "expressions read no files; run a command on the host",
        "exists": "expressions read no files; run a command on the host",
        "file": "expressions read no files; run a command on the host",
        "link": "expressions read no files; run a command on the host",
        "finished": "tasks are not asynchronous", "started": "tasks are not asynchronous",
    ]
}
