import KafkaAdmin

extension StepFailure {
    /// An error of the client, or one that nobody expected.
    init(kafka error: any Error) {
        guard let error = error as? KafkaError else {
            self.init(.internalError, "unexpected error: \(error)", nextAction: "please report this")
            return
        }
        self.init(error, doing: error.message)
        causes = error.causes
    }
}
