extension Schema {
    /// Clients that register and manage themselves (RFC 7591, RFC 7592): the tokens that let one in, and what each may do since.
    ///
    /// A client that deleted itself leaves its id behind and nothing else: no other client ever gets that id, and with it what people allowed.
    static let clientRegistration: [String] = [
        """
        CREATE TABLE initial_access_token (
            day integer NOT NULL,
            hash bytea NOT NULL,
            id text NOT NULL,
            note text,
            allowance jsonb NOT NULL,
            uses_left integer NOT NULL CHECK (uses_left >= 0),
            failures integer NOT NULL DEFAULT 0,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            revoked_at timestamptz,
            PRIMARY KEY (day, hash)
        ) PARTITION BY RANGE (day)
        """,
        """
        CREATE TABLE client_registration (
            client_id text PRIMARY KEY REFERENCES client (id),
            hash bytea NOT NULL,
            allowance jsonb NOT NULL,
            initial_access_token text,
            window_began timestamptz NOT NULL,
            updates integer NOT NULL DEFAULT 0
        )
        """,
        "ALTER TABLE client DROP CONSTRAINT client_state_check",
        "ALTER TABLE client ADD CONSTRAINT client_state_check CHECK (state IN ('active', 'disabled', 'deleted'))",
    ]
}
