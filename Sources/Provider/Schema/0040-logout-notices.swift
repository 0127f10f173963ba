extension Schema {
    /// The outbox of back-channel logout. A row is kept some days after it was written, finished or not: by then it is finished.
    static let logoutNotices: [String] = [
        """
        CREATE TABLE logout_notice (
            day integer NOT NULL,
            id uuid NOT NULL,
            client_id text NOT NULL,
            subject text NOT NULL,
            sid text NOT NULL,
            state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'refused', 'abandoned')),
            tries integer NOT NULL DEFAULT 0,
            created_at timestamptz NOT NULL,
            due_at timestamptz NOT NULL,
            give_up_at timestamptz NOT NULL,
            tried_at timestamptz,
            last_status integer,
            last_error text,
            finished_at timestamptz,
            CHECK ((state = 'pending') = (finished_at IS NULL)),
            PRIMARY KEY (day, id)
        ) PARTITION BY RANGE (day)
        """,
        "CREATE INDEX logout_notice_due ON logout_notice (due_at) WHERE finished_at IS NULL",
        "CREATE INDEX logout_notice_client ON logout_notice (client_id, created_at DESC)",
        // Whoever delivers hears at once of what was committed; a statement that wrote none wakes nobody.
        """
        CREATE FUNCTION logout_notice_written() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM added) THEN PERFORM pg_notify('logout_notice', ''); END IF;
            RETURN NULL;
        END $$
        """,
        """
        CREATE TRIGGER logout_notice_written AFTER INSERT ON logout_notice REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION logout_notice_written()
        """,
    ]
}
