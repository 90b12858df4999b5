import EventLoop
import Glibc
import TestSupport
import Testing

@Suite struct FilesTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let scratch = try ScratchDirectory()
        defer { scratch.remove() }
        try body(scratch.path)
    }

    @Test func anAtomicWriteReplacesTheWholeFile() throws {
        try withFolder { folder in
            let path = "\(folder)/state"
            try Files.writeAtomically(Array("first".utf8), to: path)
            try Files.writeAtomically(Array("2nd".utf8), to: path)
            #expect(try Files.read(path, limit: 100) == Array("2nd".utf8))
            #expect(try Files.list(folder) == ["state"])
        }
    }

    @Test func anAtomicWriteIntoAMissingFolderNamesThePath() throws {
        #expect { try Files.writeAtomically([1], to: "/no/such/folder/file") } throws: { error in
            (error as? SystemError)?.code == ENOENT && "\(error)".contains("/no/such/folder/file")
        }
    }

    @Test func anAppendFileGrowsAndIsCut() throws {
        try withFolder { folder in
            let path = "\(folder)/journal"
            let file = try AppendFile(path: path, create: true, exclusive: true)
            try file.append(Array("one\n".utf8))
            try file.append(Array("two\n".utf8))
            try file.synchronize()
            #expect(try file.size() == 8)
            try file.truncate(to: 4)
            try file.append(Array("three\n".utf8))
            #expect(try Files.read(path, limit: 100) == Array("one\nthree\n".utf8))
            #expect(throws: SystemError.self) { _ = try AppendFile(path: path, create: true, exclusive: true) }
        }
    }

    @Test func aFullDiskIsAnErrorOfTheWrite() throws {
        let file = try AppendFile(path: "/dev/full", create: false)
        #expect { try file.append([1, 2, 3]) } throws: { ($0 as? SystemError)?.code == ENOSPC }
    }

    @Test func onlyOneHoldsALock() throws {
        try withFolder { folder in
            let path = "\(folder)/lock"
            do {
                let first = try FileLock.take(path)
                let isFirstHeld = first != nil
                let second = try FileLock.take(path)
                let isSecondHeld = second != nil
                #expect(isFirstHeld && !isSecondHeld)
                _ = consume first
            }
            let third = try FileLock.take(path)
            let isThirdHeld = third != nil
            #expect(isThirdHeld)
        }
    }

    @Test func aFileBeyondTheLimitIsNotRead() throws {
        try withFolder { folder in
            try Files.writeAtomically([UInt8](repeating: 0, count: 1001), to: "\(folder)/large")
            #expect { _ = try Files.read("\(folder)/large", limit: 1000) } throws: {
                ($0 as? SystemError)?.code == EFBIG
            }
        }
    }

    @Test func aPipeOrDeviceIsNotWaitedFor() throws {
        try withFolder { folder in
            #expect(mkfifo("\(folder)/pipe", 0o600) == 0)
            for path in ["\(folder)/pipe", "/dev/zero"] {
                #expect { _ = try Files.read(path, limit: 1000) } throws: { ($0 as? SystemError)?.code == EINVAL }
            }
        }
    }

    @Test func foldersAreMadeWithTheirParents() throws {
        try withFolder { folder in
            try Files.makeFolders("\(folder)/a")
            try Files.makeFolders("\(folder)/a")
            #expect(try Files.list(folder) == ["a"])
            #expect(throws: SystemError.self) { try Files.makeFolders("/proc/no/such") }
        }
    }

    @Test(arguments: [("/a/b", "/a"), ("/a", "/"), ("a", "."), ("a/b/", "a"), ("/", "/")])
    func theFolderOfAPath(path: String, expected: String) { #expect(Files.folder(of: path) == expected) }
}
