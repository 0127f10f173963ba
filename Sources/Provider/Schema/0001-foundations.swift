extension Schema {
    /// Time, the audit log and the partitions of the tables that forget.
    ///
    /// `instant()` is the one clock of every one-time object (trust.md T25): the database's, the same for all server
    /// processes. The sandbox replaces its body so that a test may move time; nothing else may.
    static let foundations: [String] = [
        """
        CREATE FUNCTION instant() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
        AS $$ SELECT statement_timestamp() $$
        """,
        // The day a transient row may be dropped: it is part of the key, so that a lookup touches one partition and
        // forgetting is DROP TABLE instead of DELETE.
        """
        CREATE FUNCTION ensure_partitions(parent text, first_day integer, last_day integer, span integer) RETURNS void
        LANGUAGE plpgsql AS $$
        DECLARE lower integer := first_day - first_day % span;
        BEGIN
            PERFORM pg_advisory_xact_lock(hashtext('citygate.partitions'));
            WHILE lower <= last_day LOOP
                EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%s) TO (%s)',
                    parent || '_' || lower, parent, lower, lower + span);
                lower := lower + span;
            END LOOP;
        END $$
        """,
        """
        CREATE FUNCTION drop_partitions(parent text, before_day integer, span integer) RETURNS integer
        LANGUAGE plpgsql AS $$
        DECLARE child record; dropped integer := 0;
        BEGIN
            PERFORM pg_advisory_xact_lock(hashtext('citygate.partitions'));
            FOR child IN
                SELECT c.relname, substring(c.relname FROM '[0-9]+$')::integer AS lower
                FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
                WHERE p.relname = parent
            LOOP
                IF child.lower + span <= before_day THEN
                    EXECUTE format('DROP TABLE %I', child.relname);
                    dropped := dropped + 1;
                END IF;
            END LOOP;
            RETURN dropped;
        END $$
        """,
        """
        CREATE TABLE audit (
            seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            at timestamptz NOT NULL DEFAULT instant(),
            event text NOT NULL,
            account_id uuid,
            client_id text,
            object text,
            outcome text NOT NULL,
            network text,
            request_id text,
            detail jsonb NOT NULL DEFAULT '{}'
        )
        """,
        "CREATE INDEX audit_account ON audit (account_id, seq DESC) WHERE account_id IS NOT NULL",
        // The audit log only grows: the application cannot rewrite what it has recorded.
        """
        CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$
        """,
        """
        CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit
        FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()
        """,
        """
        CREATE TABLE one_time (
            day integer NOT NULL,
            kind smallint NOT NULL,
            hash bytea NOT NULL,
            binding bytea,
            payload jsonb NOT NULL DEFAULT '{}',
            issued_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            spent_at timestamptz,
            PRIMARY KEY (day, kind, hash)
        ) PARTITION BY RANGE (day)
        """,
    ]
}
