package import RunEngine

/// Everything that a playbook can name, in the order of its reference. The one place that lists it.
package enum OperationCatalog {
    package static func make(services: OperationServices) -> Catalog {
        Catalog(
            entries: process(services) + flow(services) + broker(services) + kafka(services) + placement(services)
                + topics(services) + groups(services) + access(services),
            shippedGates: ShippedGates.text)
    }

    private static func process(_ services: OperationServices) -> [CatalogEntry] {
        [
            entry(Command.self, services), entry(Shell.self, services), entry(Copy.self, services),
            entry(RenderTemplate.self, services),
        ]
    }

    private static func flow(_ services: OperationServices) -> [CatalogEntry] {
        [
            entry(Assert.self, services), entry(Check.self, services), entry(Report.self, services),
            entry(Approve.self, services), entry(Pause.self, services), entry(Debug.self, services),
            entry(Fail.self, services),
        ]
    }

    private static func broker(_ services: OperationServices) -> [CatalogEntry] {
        [
            entry(BrokerInstall.self, services), entry(BrokerActivate.self, services), entry(BrokerStop.self, services),
            entry(BrokerStart.self, services), entry(BrokerRestart.self, services),
            entry(BrokerStatus.self, services),
        ]
    }

    private static func kafka(_ services: OperationServices) -> [CatalogEntry] {
        [
            entry(DescribeCluster.self, services), entry(ClusterHealthAction.self, services),
            entry(DescribeNode.self, services), entry(CanStopAction.self, services),
            entry(DescribeQuorum.self, services), entry(DescribeFeatures.self, services),
            entry(UpdateFeatures.self, services), entry(CheckUpgrade.self, services),
            entry(DescribeTopics.self, services), entry(CreateTopics.self, services),
            entry(DeleteTopics.self, services), entry(DescribeConfigs.self, services),
            entry(AlterConfigs.self, services), entry(DescribeLogDirs.self, services),
            entry(ElectLeaders.self, services),
        ]
    }

    /// Where replicas are, and what moves them.
    private static func placement(_ services: OperationServices) -> [CatalogEntry] {
        [
            entry(ListReassignments.self, services), entry(ExecuteReassignment.self, services),
            entry(VerifyReassignment.self, services), entry(CancelReassignments.self, services),
            entry(SetThrottle.self, services), entry(ClearThrottles.self, services),
        ]
    }

    /// Topics, settings and records.
    private static func topics(_ services: OperationServices) -> [CatalogEntry] {
        [
            entry(CreatePartitions.self, services), entry(AlterTopicConfigs.self, services),
            entry(DeleteConfigs.self, services), entry(RestoreConfigs.self, services),
            entry(DiffConfigs.self, services),
            entry(ListOffsets.self, services), entry(DeleteRecords.self, services),
            entry(DescribeTraffic.self, services), entry(DescribeHotPartitions.self, services),
        ]
    }

    /// Groups and transactions.
    private static func groups(_ services: OperationServices) -> [CatalogEntry] {
        [
            entry(DescribeGroups.self, services), entry(AlterGroupOffsets.self, services),
            entry(ResetGroupOffsets.self, services), entry(DeleteGroups.self, services),
            entry(ListTransactions.self, services), entry(AbortTransaction.self, services),
        ]
    }

    /// Users, access rules and quotas.
    private static func access(_ services: OperationServices) -> [CatalogEntry] {
        [
            entry(DescribeUsers.self, services), entry(SetUser.self, services), entry(DeleteUser.self, services),
            entry(ProbeLogin.self, services), entry(DescribeACLs.self, services), entry(CreateACLs.self, services),
            entry(DeleteACLs.self, services), entry(FenceProducers.self, services),
            entry(UnfenceProducers.self, services), entry(DescribeQuotas.self, services),
            entry(AlterQuotas.self, services),
        ]
    }
}
