extension Schema {
    /// The key that a public client's refresh tokens are bound to (RFC 9449 §5): whoever sends one must prove that he holds it. Null where
    /// the client proves itself in another way, or used no proof.
    static let proofKeys: [String] = [
        "ALTER TABLE authorization_grant ADD COLUMN jkt text"
    ]
}
