import Glibc

/// Ports on loopback for servers that other programs start.
package enum LoopbackPorts {
    /// Below the range that the kernel takes outgoing connections' ports from (`ip_local_port_range`): none of those can take
    /// a port between its choice here and the server's start. A thousand that no other test run takes from while this one
    /// lives, so that a broker that restarts finds its port free; where all are taken, any of them.
    private static let range: Range<Int> = {
        let blocks = (15..<30).map { $0 * 1000..<($0 + 1) * 1000 }
        let parent = TestEnvironment["TMPDIR"] ?? "/tmp"
        for block in blocks {
            let descriptor = open("\(parent)/opsrun-ports-\(block.lowerBound)", O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else { continue }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return block }  // until this process ends
            close(descriptor)
        }
        return 15_000..<30_000
    }()

    /// Ports that nobody listens on right now, all different.
    package static func free(_ count: Int) throws -> [Int] {
        var descriptors: [CInt] = [], ports: [Int] = []
        defer { for descriptor in descriptors { close(descriptor) } }
        var candidate = Int.random(in: range)
        for _ in range where ports.count < count {
            candidate = candidate + 1 < range.upperBound ? candidate + 1 : range.lowerBound
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            guard descriptor >= 0 else { break }
            descriptors.append(descriptor)
            if isFree(candidate, descriptor) { ports.append(candidate) }
        }
        guard ports.count == count else { throw ScratchDirectory.Failure(description: "no free port: errno \(errno)") }
        return ports
    }

    private static func isFree(_ port: Int, _ descriptor: CInt) -> Bool {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
