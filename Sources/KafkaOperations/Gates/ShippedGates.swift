/// Gates that a playbook can name without declaring them; one that it declares by the same name takes its place.
package enum ShippedGates {
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
