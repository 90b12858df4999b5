import CSystem

/// The checksum of record batches: CRC-32 with Castagnoli's polynomial.
package enum CRC32C {
    /// With the processor's instruction where there is one (SSE 4.2, ARMv8's CRC extension); by tables otherwise.
    package static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.withUnsafeBytes { csystem_crc32c(0, $0.baseAddress, $0.count) }
    }

    /// The same without the instruction, for comparison.
    package static func checksumByTable(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.withUnsafeBytes { csystem_crc32c_table(0, $0.baseAddress, $0.count) }
    }
}
