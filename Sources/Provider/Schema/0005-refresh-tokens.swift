extension Schema {
    /// Refresh tokens: hashes, each with the sealed successor that its own holder alone can open (RFC 9700 §4.14.2).
    ///
    /// All tokens of one authorization lie in the partition of the day on which the family ends at the latest. A spent one is
    /// kept until then: that it comes back is how a theft is noticed.
    static let refreshTokens: [String] = [
        """
        CREATE TABLE refresh_token (
            day integer NOT NULL,
            hash bytea NOT NULL,
            grant_day integer NOT NULL,
            grant_id uuid NOT NULL,
            issued_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            spent_at timestamptz,
            successor bytea,
            PRIMARY KEY (day, hash),
            CHECK ((spent_at IS NULL) = (successor IS NULL))
        ) PARTITION BY RANGE (day)
        """
    ]
}
