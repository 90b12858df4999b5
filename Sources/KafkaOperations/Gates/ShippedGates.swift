/// Gates that a playbook can name without declaring them; one that it declares by the same name takes its place.
package enum ShippedGates {
    /// What each of them wants, to stand behind "Passes when": one entry for each gate of `text`.
    package static let conditions = [
        "isr_recovered":
            "no partition is offline, under its min.insync.replicas or under-replicated in any broker's view, for a minute; "
            + "given up when no replica has come closer for ten",
        "can_stop":
            "every partition stays at its min.insync.replicas and the quorum keeps its majority with all hosts of the batch "
            + "stopped",
        "node_back":
            "the node of the host answers a new connection and its peers list it unfenced, for ten seconds; a dedicated "
            + "controller when the quorum counts it as caught up",
        "quorum_healthy": "the controller quorum has a leader and all its voters are caught up, for ten seconds",
        "nothing_moving": "no partition is being reassigned",
    ]

    /// In the shape of a playbook's `gates:`.
    package static let text = """
        isr_recovered:
          kafka.cluster_health: {}
          interval: 5s
          stable_for: 60s
          stalled_for: 10m
        can_stop:
          kafka.can_stop: {nodes: "{{ batch.hosts | map(attribute='node_id') }}"}
          interval: 5s
          timeout: 20m
        node_back:
          kafka.describe_node: {node: "{{ host.node_id }}"}
          interval: 2s
          stable_for: 10s
          stalled_for: 10m
        quorum_healthy:
          kafka.describe_quorum: {}
          interval: 2s
          stable_for: 10s
          timeout: 10m
        nothing_moving:
          kafka.list_reassignments: {}
          interval: 5s
          timeout: 1h

        """
}
