extension Schema {
    /// The conversations of QR logins: one row from the picture on the page to the session in the browser.
    ///
    /// Poll secret, picture and ticket stand as hashes. Whoever moves a row is heard on `qr_session` by every process: the trigger
    /// tells it, so that no statement can forget to.
    static let qrSessions: [String] = [
        """
        CREATE TABLE qr_session (
            day integer NOT NULL,
            hash bytea NOT NULL,
            picture bytea NOT NULL,
            browser bytea NOT NULL,
            state text NOT NULL DEFAULT 'waiting'
                CHECK (state IN ('waiting', 'scanned', 'confirmed', 'consumed', 'cancelled')),
            version integer NOT NULL DEFAULT 1,
            pending text,
            client_id text,
            domain text,
            network text,
            user_agent text,
            account_id uuid,
            actor uuid,
            phone_network text,
            ticket bytea,
            numbers bigint[],
            number bigint,
            needs_number boolean NOT NULL DEFAULT false,
            mistakes integer NOT NULL DEFAULT 0,
            strangers integer NOT NULL DEFAULT 0,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            PRIMARY KEY (day, hash),
            CHECK (state IN ('waiting', 'cancelled') OR (account_id IS NOT NULL AND ticket IS NOT NULL))
        ) PARTITION BY RANGE (day)
        """,
        "CREATE UNIQUE INDEX qr_session_picture ON qr_session (day, picture)",
        "CREATE UNIQUE INDEX qr_session_ticket ON qr_session (day, ticket)",
        """
        CREATE FUNCTION qr_session_moved() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_notify('qr_session', encode(NEW.hash, 'hex'));
            RETURN NULL;
        END $$
        """,
        """
        CREATE TRIGGER qr_session_moved AFTER UPDATE ON qr_session FOR EACH ROW
        WHEN (NEW.version <> OLD.version) EXECUTE FUNCTION qr_session_moved()
        """,
        // The highest level tokens of this session may state (trust.md T01); null where the login sets no bound.
        "ALTER TABLE session ADD COLUMN level_cap smallint CHECK (level_cap BETWEEN 1 AND 4)",
    ]
}
