extension Schema {
    /// Accounts, the key of each, sessions, and the throttle of password logins.
    ///
    /// Personal fields are sealed under the account's own data key, which is wrapped by a key outside the database; they
    /// are found by keyed blind indexes (trust.md 5.2). Erasing a person is erasing one row of `account_key`.
    static let accounts: [String] = [
        """
        CREATE TABLE account (
            id uuid PRIMARY KEY,
            subject text NOT NULL UNIQUE,
            state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'locked', 'disabled')),
            level smallint NOT NULL DEFAULT 1 CHECK (level BETWEEN 1 AND 4),
            session_epoch integer NOT NULL DEFAULT 0,
            username_index bytea UNIQUE,
            phone_index bytea UNIQUE,
            email_index bytea UNIQUE,
            document_index bytea UNIQUE,
            username bytea,
            phone bytea,
            email bytea,
            document bytea,
            profile bytea,
            password text,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            CHECK (level = 1 OR document_index IS NOT NULL)
        )
        """,
        """
        CREATE TABLE account_key (
            account_id uuid PRIMARY KEY REFERENCES account (id),
            kek_version integer NOT NULL,
            wrapped bytea NOT NULL
        )
        """,
        """
        CREATE TABLE session (
            day integer NOT NULL,
            hash bytea NOT NULL,
            sid text NOT NULL,
            account_id uuid NOT NULL,
            session_epoch integer NOT NULL,
            auth_time timestamptz NOT NULL,
            amr text[] NOT NULL,
            network text,
            browser text,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            ended_at timestamptz,
            PRIMARY KEY (day, hash)
        ) PARTITION BY RANGE (day)
        """,
        "CREATE INDEX session_account ON session (account_id)",
        """
        CREATE TABLE sign_in_throttle (
            key bytea PRIMARY KEY,
            attempts integer NOT NULL,
            window_ends_at timestamptz NOT NULL,
            locked_until timestamptz
        )
        """,
        "CREATE INDEX sign_in_throttle_age ON sign_in_throttle (window_ends_at)",
    ]
}
