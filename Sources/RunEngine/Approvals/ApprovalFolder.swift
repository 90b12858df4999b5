package import EventLoop

/// Where signed approvals lie: `approvals/` in a run's folder, or `FILE.approvals/` beside a plan that was kept. Each is a text
/// `NAME.approval` with its signature `NAME.approval.sig`, as `ssh-keygen -Y sign` leaves it.
package struct ApprovalFolder: Sendable {
    package static let suffix = ".approval"
    /// Files that are looked at; more than so many people do not approve one run.
    static let maximumFiles = 500
    static let maximumSignatureBytes = 64 << 10

    package let path: String

    package init(path: String) { self.path = path }

    /// Beside a plan that was kept.
    package init(ofPlan file: String) { path = "\(file).approvals" }

    package struct Entry: Sendable {
        /// Of the text.
        package var file: String
        package var bytes: [UInt8]
        package var signature: [UInt8]?
    }

    /// What lies there, by name; nothing where there is no folder.
    func entries() -> [Entry] {
        guard let names = try? Files.list(path) else { return [] }
        return names.filter { $0.hasSuffix(Self.suffix) }.prefix(Self.maximumFiles).compactMap { name in
            let file = "\(path)/\(name)"
            guard let bytes = try? Files.read(file, limit: ApprovalText.maximumBytes) else { return nil }
            return Entry(
                file: file, bytes: bytes,
                signature: try? Files.read("\(file).sig", limit: Self.maximumSignatureBytes))
        }
    }

    /// Keeps a text under a name that tells whose it is; answers with its path.
    package func write(_ text: ApprovalText) throws(SystemError) -> String {
        try Files.makeFolders(path, mode: 0o700)
        let bytes = text.bytes
        let file = "\(path)/\(RunStore.fileName(text.by))-\(Digest.sha256(bytes).prefix(12))\(Self.suffix)"
        try Files.writeAtomically(bytes, to: file)
        return file
    }

    /// Keeps a copy of what lies elsewhere, so that the record of a run has what it counted.
    func keep(_ entry: Entry) throws(SystemError) {
        guard Files.folder(of: entry.file) != path else { return }
        try Files.makeFolders(path, mode: 0o700)
        let name = entry.file.split(separator: "/").last.map(String.init) ?? "copy\(Self.suffix)"
        try Files.writeAtomically(entry.bytes, to: "\(path)/\(name)")
        if let signature = entry.signature { try Files.writeAtomically(signature, to: "\(path)/\(name).sig") }
    }
}
