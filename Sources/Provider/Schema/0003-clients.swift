extension Schema {
    /// Relying parties: RFC 7591 metadata as one document, secrets apart and only as keyed hashes.
    static let clients: [String] = [
        """
        CREATE TABLE client (
            id text PRIMARY KEY,
            state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
            metadata jsonb NOT NULL,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL
        )
        """,
        """
        CREATE TABLE client_secret (
            client_id text NOT NULL REFERENCES client (id),
            hash bytea NOT NULL,
            created_at timestamptz NOT NULL,
            expires_at timestamptz,
            PRIMARY KEY (client_id, hash)
        )
        """,
        // Every server process caches clients; a change reaches them by notification.
        """
        CREATE FUNCTION client_changed() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE name text;
        BEGIN
            IF TG_TABLE_NAME = 'client' THEN name := NEW.id; ELSE name := NEW.client_id; END IF;
            PERFORM pg_notify('client_changed', name);
            RETURN NULL;
        END $$
        """,
        """
        CREATE TRIGGER client_changed AFTER INSERT OR UPDATE ON client
        FOR EACH ROW EXECUTE FUNCTION client_changed()
        """,
        """
        CREATE TRIGGER client_secret_changed AFTER INSERT OR UPDATE ON client_secret
        FOR EACH ROW EXECUTE FUNCTION client_changed()
        """,
    ]
}
