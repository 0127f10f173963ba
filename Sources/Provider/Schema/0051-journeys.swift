extension Schema {
    /// Journeys of several steps that live on the server, bound to the browser that began them (journeys.md C9). What was typed or proved
    /// on the way is sealed.
    static let journeys: [String] = [
        """
        CREATE TABLE journey (
            day integer NOT NULL,
            hash bytea NOT NULL,
            browser bytea NOT NULL,
            kind text NOT NULL,
            step text NOT NULL,
            moves integer NOT NULL DEFAULT 0,
            tries integer NOT NULL DEFAULT 0,
            account_id uuid,
            payload bytea NOT NULL,
            created_at timestamptz NOT NULL,
            step_ends_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            finished_at timestamptz,
            PRIMARY KEY (day, hash)
        ) PARTITION BY RANGE (day)
        """
    ]
}
