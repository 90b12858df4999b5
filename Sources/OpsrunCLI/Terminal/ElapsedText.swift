internal import Values

extension Duration {
    /// For people: `0.4s`, `12s`, `1m04s`, `2h05m`, `3d04h`.
    package var elapsedText: String {
        let total = max(0, milliseconds)
        if total < 1000 { return total == 0 ? "0s" : "0.\(max(1, total / 100))s" }
        let seconds = total / 1000
        func padded(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        if seconds < 60 { return "\(seconds)s" }
        if seconds < 3600 { return "\(seconds / 60)m\(padded(seconds % 60))s" }
        if seconds < 86_400 { return "\(seconds / 3600)h\(padded(seconds / 60 % 60))m" }
        return "\(seconds / 86_400)d\(padded(seconds / 3600 % 24))h"
    }

    /// As a limit is written: `1m`, `10m`, `90s` becomes `1m30s`.
    package var limitText: String { text }
}
