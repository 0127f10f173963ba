extension Schema {
    /// What a citizen is in the middle of allowing, has allowed, and what was made from it.
    static let authorization: [String] = [
        """
        CREATE TABLE pending_authorization (
            day integer NOT NULL,
            hash bytea NOT NULL,
            browser bytea NOT NULL,
            client_id text NOT NULL,
            parameters text NOT NULL,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            consented_by uuid,
            finished_at timestamptz,
            PRIMARY KEY (day, hash)
        ) PARTITION BY RANGE (day)
        """,
        // One row per authorization a client received: its code, its tokens and its end hang on it.
        """
        CREATE TABLE authorization_grant (
            day integer NOT NULL,
            id uuid NOT NULL,
            client_id text NOT NULL,
            account_id uuid NOT NULL,
            session_epoch integer NOT NULL,
            sid text NOT NULL,
            subject text NOT NULL,
            scope text NOT NULL,
            claims jsonb,
            resource text[] NOT NULL DEFAULT '{}',
            nonce text,
            acr text NOT NULL,
            amr text[] NOT NULL,
            auth_time timestamptz NOT NULL,
            created_at timestamptz NOT NULL,
            redeemed_at timestamptz,
            revoked_at timestamptz,
            PRIMARY KEY (day, id)
        ) PARTITION BY RANGE (day)
        """,
        "CREATE INDEX authorization_grant_account ON authorization_grant (account_id)",
        """
        CREATE TABLE consent (
            account_id uuid NOT NULL,
            client_id text NOT NULL,
            scope text[] NOT NULL,
            claims text[] NOT NULL DEFAULT '{}',
            granted_at timestamptz NOT NULL,
            PRIMARY KEY (account_id, client_id)
        )
        """,
    ]
}
