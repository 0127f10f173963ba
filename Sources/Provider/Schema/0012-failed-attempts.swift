extension Schema {
    /// Tries that were wrong, apart from those under way: only the former start a pause.
    static let failedAttempts: [String] = [
        "ALTER TABLE sign_in_throttle ADD COLUMN failed integer NOT NULL DEFAULT 0"
    ]
}
