import Values

/// The variables that mean something to opsrun itself, with the names Ansible gives them.
enum HostVariables {
    /// Ansible's name to ours.
    static let aliases: [String: String] = [
        "ansible_host": "address", "ansible_ssh_host": "address", "ansible_port": "port", "ansible_ssh_port": "port",
        "ansible_user": "user", "ansible_ssh_user": "user", "ansible_connection": "connection",
        "ansible_ssh_private_key_file": "private_key_file", "ansible_private_key_file": "private_key_file",
        "ansible_become": "become", "ansible_become_user": "become_user",
    ]

    /// Ansible's variables that have no meaning here and do no harm.
    static let ignored: Set<String> = [
        "ansible_python_interpreter", "ansible_ssh_pipelining", "ansible_become_method", "ansible_shell_type",
    ]

    static let types: [String: ValueType] = [
        "address": .string, "port": .int, "user": .string, "connection": .string, "private_key_file": .string,
        "become": .bool, "become_user": .string, "cluster": .string, "rack": .string, "node_id": .int,
        "broker_id": .int, "kubectl_namespace": .string, "kubectl_context": .string, "kubectl_pod": .string,
        "kubectl_container": .string, "ssh_options": .map(.json), "ssh_config_file": .string,
        "ansible_ssh_common_args": .string, "ansible_ssh_extra_args": .string,
    ]

    /// Facts and names that the inventory cannot set.
    static let reserved = ["name", "groups", "installed_version", "running_version", "release"]

    /// Only under `all.vars`.
    static let global: Set<String> = ["kafka_clusters", "approvers", "audit"]

    static func canonical(_ name: String) -> String { aliases[name] ?? name }

    /// True for what belongs to a connection's options.
    static func isConnectionOption(_ name: String) -> Bool {
        name.hasPrefix("kubectl_") || name.hasPrefix("ssh_") || name.hasPrefix("ansible_ssh_")
    }
}
