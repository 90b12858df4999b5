import KafkaWire

// ApiVersions (18). Every listener, every connection, first.
//
// Version notes: a version that the node does not know is answered in v0 with UNSUPPORTED_VERSION and the range of
// ApiVersions alone (KIP-511). v3 shows features, without those whose lowest level is 0, which v4 shows. A broker shows
// for what it forwards the versions that the active controller speaks too.

extension ClusterModel {
    func answerApiVersions(_ payload: [UInt8], _ header: RequestFrame.Header, _ call: Call) -> SimulatedOutcome {
        guard let range = call.release.range(of: .apiVersions, on: call.listener) else { return .close }
        guard range.contains(header.version) else {
            let response = ApiVersionsResponse(
                errorCode: .unsupportedVersion,
                apiKeys: [
                    ApiVersionsResponse.ApiVersion(
                        apiKey: .apiVersions, minVersion: range.lowerBound, maxVersion: range.upperBound)
                ])
            guard
                let frame = try? ResponseFrame.encode(response, version: 0, correlationId: header.correlationId)
            else { return .close }
            return .answer(frame)
        }
        guard
            let request = try? ApiVersionsRequest.decode(payload, from: header.bodyOffset, version: header.version)
                .message
        else { return .close }
        return encode(apiVersions(request, call), header, correlationID: header.correlationId)
    }

    private func apiVersions(_ request: ApiVersionsRequest, _ call: Call) -> ApiVersionsResponse {
        if call.version >= 3,
            !Self.isSoftwareName(request.clientSoftwareName) || !Self.isSoftwareName(request.clientSoftwareVersion)
        {
            return ApiVersionsResponse(errorCode: .invalidRequest)
        }
        let keys = APITable.rows.compactMap { row -> ApiVersionsResponse.ApiVersion? in
            guard let range = advertisedRange(of: row.key, call) else { return nil }
            // 4.x says that it takes Produce from 0 on, for old librdkafka, and does not (KAFKA-18659).
            let lowest = row.key == .produce ? 0 : range.lowerBound
            return ApiVersionsResponse.ApiVersion(
                apiKey: row.key, minVersion: lowest, maxVersion: range.upperBound)
        }
        let view = view(of: call.node)
        let supported = call.release.supportedFeatures.filter { call.version >= 4 || $0.value.lowerBound > 0 }
        return ApiVersionsResponse(
            apiKeys: keys,
            supportedFeatures: supported.sorted { $0.key < $1.key }.map { name, range in
                ApiVersionsResponse.SupportedFeature(
                    name: name, minVersion: range.lowerBound, maxVersion: range.upperBound)
            },
            finalizedFeaturesEpoch: view.featuresEpoch,
            finalizedFeatures: view.features.sorted { $0.key < $1.key }.map { name, level in
                ApiVersionsResponse.FinalizedFeature(name: name, maxVersionLevel: level, minVersionLevel: level)
            })
    }

    /// What the node says it speaks, forwarded APIs cut to what the active controller speaks as well.
    func advertisedRange(of key: APIKey, _ call: Call) -> ClosedRange<Int16>? {
        guard let own = call.release.range(of: key, on: call.listener) else { return nil }
        guard call.listener.isOfBrokers, APITable.forwarded.contains(key), let controller = activeController,
            let release = nodes[controller]?.release
        else { return own }
        guard let other = release.range(of: key, on: .controller) else { return nil }
        let low = max(own.lowerBound, other.lowerBound)
        let high = min(own.upperBound, other.upperBound)
        return low <= high ? low...high : nil
    }

    /// Letters, digits, `-` and `.`, neither of the latter two first or last.
    private static func isSoftwareName(_ text: String) -> Bool {
        func isPlain(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        guard let first = text.utf8.first, let last = text.utf8.last, isPlain(first), isPlain(last) else {
            return false
        }
        return text.utf8.allSatisfy { isPlain($0) || $0 == 0x2D || $0 == 0x2E }
    }
}
