internal import EventLoop
internal import Glibc

extension Surroundings {
    /// Those of this process.
    package static func ofProcess() -> Surroundings {
        Surroundings(
            environment: readEnvironment(), workingDirectory: currentDirectory(),
            executable: linkTarget("/proc/self/exe") ?? "", user: userName(), host: hostName(),
            output: stream(STDOUT_FILENO), messages: stream(STDERR_FILENO), isInputTerminal: isatty(STDIN_FILENO) == 1,
            readLine: { Swift.readLine(strippingNewline: true) },
            discardInput: { if isatty(STDIN_FILENO) == 1 { tcflush(STDIN_FILENO, TCIFLUSH) } }, locksForMachine: true)
    }

    private static func readEnvironment() -> [String: String] {
        var variables: [String: String] = [:]
        var place = environ
        while let entry = place.pointee {
            let text = String(cString: entry)
            let name = text.prefix { $0 != "=" }
            if name.count < text.count { variables[String(name)] = String(text.dropFirst(name.count + 1)) }
            place = place.advanced(by: 1)
        }
        return variables
    }

    private static func currentDirectory() -> String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }

    private static func linkTarget(_ path: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
            guard let start = buffer.baseAddress else { return nil }
            let count = readlink(path, start, buffer.count)
            guard count > 0 else { return nil }
            return String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
        }
    }

    private static func userName() -> String {
        if let entry = getpwuid(getuid()), let name = entry.pointee.pw_name { return String(cString: name) }
        return "uid \(getuid())"
    }

    private static func hostName() -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let start = buffer.baseAddress, gethostname(start, buffer.count - 1) == 0 else { return "localhost" }
            buffer[buffer.count - 1] = 0
            return String(cString: start)
        }
    }

    private static func stream(_ descriptor: CInt) -> Stream {
        let problem = Locked<CInt>(0)
        return Stream(
            isTerminal: isatty(descriptor) == 1,
            width: { windowSize(descriptor).flatMap { $0.ws_col > 0 ? Int($0.ws_col) : nil } },
            rows: { windowSize(descriptor).flatMap { $0.ws_row > 0 ? Int($0.ws_row) : nil } },
            write: { text in
                let code = write(text, to: descriptor)
                if code != 0, code != EPIPE { problem.withLock { $0 = code } }
            },
            failure: {
                let code = problem.withLock { $0 }
                return code == 0 ? nil : SystemError.reason(of: code)
            })
    }

    private static func windowSize(_ descriptor: CInt) -> winsize? {
        var size = winsize()
        return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 ? size : nil
    }

    /// All of it, or until the reader is gone: a closed pipe ends the output and not the run. The errno where it ended early,
    /// else 0.
    private static func write(_ text: String, to descriptor: CInt) -> CInt {
        var text = text
        return text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count > 0 {
                    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                } else if count < 0, errno == EINTR || errno == EAGAIN {
                    continue
                } else {
                    return count < 0 ? errno : EIO
                }
            }
            return 0
        }
    }
}
