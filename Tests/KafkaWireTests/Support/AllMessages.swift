import KafkaWire

/// Every message that the module knows, for the tests that hold for all of them.
enum AllMessages {
    static let types: [any KafkaMessage.Type] = [
        RequestHeader.self, ResponseHeader.self,
        AlterPartitionReassignmentsRequest.self, AlterPartitionReassignmentsResponse.self,
        ApiVersionsRequest.self, ApiVersionsResponse.self,
        CreateTopicsRequest.self, CreateTopicsResponse.self,
        DeleteTopicsRequest.self, DeleteTopicsResponse.self,
        DescribeClusterRequest.self, DescribeClusterResponse.self,
        DescribeConfigsRequest.self, DescribeConfigsResponse.self,
        DescribeGroupsRequest.self, DescribeGroupsResponse.self,
        DescribeLogDirsRequest.self, DescribeLogDirsResponse.self,
        DescribeQuorumRequest.self, DescribeQuorumResponse.self,
        DescribeTopicPartitionsRequest.self, DescribeTopicPartitionsResponse.self,
        ElectLeadersRequest.self, ElectLeadersResponse.self,
        FindCoordinatorRequest.self, FindCoordinatorResponse.self,
        IncrementalAlterConfigsRequest.self, IncrementalAlterConfigsResponse.self,
        ListGroupsRequest.self, ListGroupsResponse.self,
        ListOffsetsRequest.self, ListOffsetsResponse.self,
        ListPartitionReassignmentsRequest.self, ListPartitionReassignmentsResponse.self,
        ListTransactionsRequest.self, ListTransactionsResponse.self,
        MetadataRequest.self, MetadataResponse.self,
        SaslAuthenticateRequest.self, SaslAuthenticateResponse.self,
        SaslHandshakeRequest.self, SaslHandshakeResponse.self,
        UpdateFeaturesRequest.self, UpdateFeaturesResponse.self,
    ]

    /// The definition's name.
    static func name(_ type: any KafkaMessage.Type) -> String { "\(type)" }

    static let byName: [String: any KafkaMessage.Type] = Dictionary(
        uniqueKeysWithValues: types.map { (name($0), $0) })
}
