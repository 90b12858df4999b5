import KafkaWire
import Testing

@Suite struct TablesTests {
    @Test func `API keys know their names and header versions`() {
        #expect(APIKey.describeTopicPartitions.rawValue == 75)
        #expect(APIKey.describeTopicPartitions.name == "DescribeTopicPartitions")
        #expect(APIKey(rawValue: 1234).name == "API 1234")
        #expect(!APIKey(rawValue: 1234).isKnown)
        #expect(APIKey.saslHandshake.requestHeaderVersion(1) == 1)
        #expect(APIKey.metadata.requestHeaderVersion(8) == 1)
        #expect(APIKey.metadata.requestHeaderVersion(9) == 2)
        #expect(APIKey.metadata.responseHeaderVersion(9) == 1)
        #expect(APIKey.apiVersions.requestHeaderVersion(3) == 2)
        #expect(APIKey.apiVersions.responseHeaderVersion(3) == 0)
    }

    @Test func `a message and the table of APIs agree on flexible versions`() {
        func check<R: KafkaRequest>(_ type: R.Type) {
            #expect(R.flexibleFrom == R.apiKey.flexibleFrom, "\(type)")
            #expect(R.flexibleFrom == R.Response.flexibleFrom, "\(type)")
            #expect(R.versions == R.Response.versions, "\(type)")
            #expect(R.apiKey == R.Response.apiKey, "\(type)")
            #expect("\(R.apiKey.name)Request" == "\(type)")
        }
        for type in AllMessages.types {
            if let request = type as? any KafkaRequest.Type { check(request) }
        }
    }

    @Test func `unstable versions and those between brokers are not offered`() {
        #expect(InitProducerIdRequest.offeredVersions == 0...5)
        #expect(AddPartitionsToTxnRequest.offeredVersions == 0...3)
        #expect(FetchRequest.offeredVersions == FetchRequest.versions)
    }

    @Test func `error codes know their names, and an unknown one keeps its number`() {
        #expect(KafkaErrorCode.notController.rawValue == 41)
        #expect(KafkaErrorCode.notController.name == "NOT_CONTROLLER")
        #expect(KafkaErrorCode.notController.isRetriable)
        #expect(KafkaErrorCode.notController.refresh == .controller)
        #expect(KafkaErrorCode.unknownTopicOrPartition.refresh == .metadata)
        #expect(KafkaErrorCode.notCoordinator.refresh == .coordinator)
        #expect(!KafkaErrorCode.none.isError)
        #expect(KafkaErrorCode(rawValue: 999).description == "ERROR_999 (999)")
        #expect(!KafkaErrorCode(rawValue: 999).isRetriable)
        #expect(KafkaErrorCode.allKnown.count == 138)
        #expect(Set(KafkaErrorCode.allKnown.map(\.name)).count == 138)
    }

    @Test func `release lines and their levels rise together`() {
        let levels = ReleaseLevels.releases.map(\.level)
        #expect(levels == levels.sorted() && Set(levels).count == levels.count)
        #expect(ReleaseLevels.level(major: 3, minor: 3) == 7)
        #expect(ReleaseLevels.level(major: 4, minor: 1) == 27)
        #expect(ReleaseLevels.level(major: 5, minor: 0) == nil)
    }

    @Test(arguments: ["", "AAAA", "AAAAAAAAAAAAAAAAAAAAA+", "AAAAAAAAAAAAAAAAAAAAAAA", "ÄAAAAAAAAAAAAAAAAAAAA"])
    func `text that is not an id is refused`(text: String) {
        #expect(KafkaUUID(text) == nil)
    }

    @Test func `ids are written as Kafka writes them`() {
        #expect(KafkaUUID.zero.description == "AAAAAAAAAAAAAAAAAAAAAA")
        #expect(KafkaUUID.one.description == "AAAAAAAAAAAAAAAAAAAAAQ")
        #expect(KafkaUUID(high: .max, low: .max).description == "_____________________w")
        let id = KafkaUUID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210)
        #expect(KafkaUUID(id.description) == id)
    }
}
