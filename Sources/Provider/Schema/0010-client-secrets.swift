extension Schema {
    /// `client_secret_jwt` (OpenID Connect Core §9) needs the secret itself: a copy, sealed by a key outside the database. Null for
    /// clients that only ever send their secret: the keyed hash is enough for them.
    static let sealedClientSecrets: [String] = [
        "ALTER TABLE client_secret ADD COLUMN sealed bytea"
    ]
}
