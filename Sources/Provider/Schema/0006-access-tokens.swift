extension Schema {
    /// Opaque access tokens: the hash of each with the claims it stands for. Their end is that of their grant, or stands in
    /// `one_time`, as for signed ones.
    static let accessTokens: [String] = [
        """
        CREATE TABLE access_token (
            day integer NOT NULL,
            hash bytea NOT NULL,
            claims text NOT NULL,
            expires_at timestamptz NOT NULL,
            PRIMARY KEY (day, hash)
        ) PARTITION BY RANGE (day)
        """
    ]
}
