/// What every output says first of a run with `--break-glass`.
enum BreakGlassText {
    static func line(_ reason: String, _ user: String) -> String {
        "BREAK GLASS by \(SafeText.escape(user)): \(SafeText.escape(reason)) (window, approvals and locks are overridden; gates, "
            + "permits, journal and audit log stay)"
    }
}
