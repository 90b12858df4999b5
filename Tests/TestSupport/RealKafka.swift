import Glibc
package import Values

/// Real Apache Kafka, found through `OPSRUN_KAFKA`: a folder whose subfolders hold `bin/kafka-server-start.sh`.
package struct RealKafka: Sendable {
    package struct Release: Sendable, Hashable {
        package var version: Version
        package var home: String

        /// A tool of that release; nil when the folder lacks it.
        package func tool(_ name: String) -> String? {
            let path = "\(home)/bin/\(name)"
            return access(path, X_OK) == 0 ? path : nil
        }
    }

    /// Lowest first; empty without `OPSRUN_KAFKA`.
    package static let releases: [Release] = {
        guard let folder = TestEnvironment["OPSRUN_KAFKA"], let handle = opendir(folder) else { return [] }
        defer { closedir(handle) }
        var found: [Release] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            let home = "\(folder)/\(name)"
            guard let version = Version(name), access("\(home)/bin/kafka-server-start.sh", X_OK) == 0 else { continue }
            found.append(Release(version: version, home: home))
        }
        return found.sorted { $0.version < $1.version }
    }()

    package static var isAvailable: Bool { !releases.isEmpty }
    package static var lowest: Release? { releases.first }
    package static var highest: Release? { releases.last }
}
