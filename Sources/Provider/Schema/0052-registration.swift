extension Schema {
    /// What a person agreed to when the account was made, and accounts that the national platform is to hear of (journeys.md N3).
    static let registration: [String] = [
        """
        CREATE TABLE account_agreement (
            account_id uuid NOT NULL REFERENCES account (id),
            document text NOT NULL,
            version text NOT NULL,
            agreed_at timestamptz NOT NULL,
            PRIMARY KEY (account_id, document, version)
        )
        """,
        // A row for each thing to be told, in the order of its account: written with the effect itself, so that none is lost.
        """
        CREATE TABLE national_sync (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            account_id uuid NOT NULL,
            event text NOT NULL,
            created_at timestamptz NOT NULL,
            due_at timestamptz NOT NULL,
            tries integer NOT NULL DEFAULT 0,
            delivered_at timestamptz
        )
        """,
        "CREATE INDEX national_sync_due ON national_sync (due_at) WHERE delivered_at IS NULL",
    ]
}
