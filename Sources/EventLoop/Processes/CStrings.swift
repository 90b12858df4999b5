import Glibc

/// Words as C takes them.
enum CStrings {
    /// A null-terminated array of C strings for the time of `body`.
    static func with<Result>(
        _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let pointers = UnsafeMutableBufferPointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: texts.count + 1)
        for (index, text) in texts.enumerated() { pointers.initializeElement(at: index, to: strdup(text)) }
        pointers.initializeElement(at: texts.count, to: nil)
        defer {
            for pointer in pointers { free(pointer) }
            pointers.deallocate()
        }
        guard let base = pointers.baseAddress else { preconditionFailure("An allocation has no address.") }
        return body(UnsafePointer(base))
    }
}
