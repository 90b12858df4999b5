import EventLoop
import KafkaWire

/// A request that says how long the broker may take. It gets the part of the attempt's time that is left, so that the
/// broker gives up, and says so, before the client does.
protocol BrokerTimed {
    var timeoutMs: Int32 { get set }
}

enum BrokerTimeout {
    /// Less than this no controller can work with.
    static let shortest: Duration = .milliseconds(100)
    /// A controller holds the request for so long at most.
    static let longest: Duration = .seconds(600)

    /// Five sixths of what is left: the rest is for the way back.
    static func milliseconds(left: Duration) -> Int32 {
        Int32(clamping: min(longest, max(shortest, left * 5 / 6)).wholeMilliseconds)
    }
}

extension CreateTopicsRequest: BrokerTimed {}
extension DeleteTopicsRequest: BrokerTimed {}
extension CreatePartitionsRequest: BrokerTimed {}
extension DeleteRecordsRequest: BrokerTimed {}
extension ProduceRequest: BrokerTimed {}
extension ElectLeadersRequest: BrokerTimed {}
extension AlterPartitionReassignmentsRequest: BrokerTimed {}
extension ListPartitionReassignmentsRequest: BrokerTimed {}
extension UpdateFeaturesRequest: BrokerTimed {}
extension AddRaftVoterRequest: BrokerTimed {}
/// From v10 on (4.0), for offsets in remote storage.
extension ListOffsetsRequest: BrokerTimed {}
extension FlatListOffsetsRequest: BrokerTimed {}
