extension Schema {
    /// People in the mini-program: who a host app's user is here, their sessions with hashed bearer tokens, and the answers that a
    /// repeated POST gets again.
    static let miniProgram: [String] = [
        // The key is a blind index of host app, application and its identifier for the person: the identifier itself is not kept.
        """
        CREATE TABLE mini_program_identity (
            key bytea PRIMARY KEY,
            account_id uuid NOT NULL REFERENCES account (id),
            platform text NOT NULL,
            linked_at timestamptz NOT NULL
        )
        """,
        "CREATE INDEX mini_program_identity_account ON mini_program_identity (account_id)",
        """
        CREATE TABLE mini_program_session (
            day integer NOT NULL,
            id uuid NOT NULL,
            platform text NOT NULL,
            identity bytea NOT NULL,
            held bytea NOT NULL,
            account_id uuid,
            session_epoch integer,
            device text,
            network text,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            ended_at timestamptz,
            PRIMARY KEY (day, id),
            CHECK ((account_id IS NULL) = (session_epoch IS NULL))
        ) PARTITION BY RANGE (day)
        """,
        "CREATE INDEX mini_program_session_account ON mini_program_session (account_id) WHERE account_id IS NOT NULL",
        """
        CREATE TABLE mini_program_token (
            day integer NOT NULL,
            hash bytea NOT NULL,
            session_day integer NOT NULL,
            session_id uuid NOT NULL,
            expires_at timestamptz NOT NULL,
            spent_at timestamptz,
            PRIMARY KEY (day, hash)
        ) PARTITION BY RANGE (day)
        """,
        """
        CREATE TABLE mini_program_answer (
            day integer NOT NULL,
            hash bytea NOT NULL,
            request bytea NOT NULL,
            answer bytea,
            begun_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            PRIMARY KEY (day, hash)
        ) PARTITION BY RANGE (day)
        """,
    ]
}
