extension Surroundings {
    /// Says on the message stream what is wrong, and what to do about it; whatever a file or a cluster brought is escaped.
    func complain(_ message: String, hint: String? = nil, color: Options.Color = .auto) {
        var text = "\(style(color, for: messages)(.bad, "error:")) \(SafeText.escape(message))\n"
        if let hint { text += "  \(SafeText.escape(hint))\n" }
        messages.write(text)
    }
}
