/// The release of opsrun.
package enum OpsrunVersion {
    package static let number = "0.1.0"
    /// What `--version` prints.
    package static let line = "opsrun \(number)"
}
