extension Schema {
    /// Counters of attempts, forgotten by partition as everything that passes: a counter belongs to the day it was last begun or carried
    /// over on. What the old table held was a matter of minutes; it is not taken along.
    static let throttleByDay: [String] = [
        "DROP TABLE sign_in_throttle",
        """
        CREATE TABLE sign_in_throttle (
            day integer NOT NULL,
            key bytea NOT NULL,
            attempts integer NOT NULL,
            failed integer NOT NULL,
            window_ends_at timestamptz NOT NULL,
            locked_until timestamptz,
            PRIMARY KEY (day, key)
        ) PARTITION BY RANGE (day)
        """,
    ]
}
