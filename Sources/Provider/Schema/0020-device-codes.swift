extension Schema {
    /// Devices that ask for an authorization (RFC 8628), and what a browser is in the middle of with one.
    ///
    /// One row holds both codes: the device's by its hash, the person's by a keyed one, since eight letters are guessed from a plain hash
    /// in no time. Neither is kept itself.
    static let deviceCodes: [String] = [
        """
        CREATE TABLE device_authorization (
            day integer NOT NULL,
            hash bytea NOT NULL,
            user_code bytea NOT NULL,
            client_id text NOT NULL,
            parameters text NOT NULL,
            state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'approved', 'denied', 'redeemed')),
            poll_interval integer NOT NULL,
            next_poll_at timestamptz NOT NULL,
            is_hasty boolean NOT NULL DEFAULT false,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            grant_day integer,
            grant_id uuid,
            PRIMARY KEY (day, hash),
            UNIQUE (day, user_code),
            CHECK ((grant_id IS NOT NULL) = (state IN ('approved', 'redeemed'))),
            CHECK ((grant_day IS NULL) = (grant_id IS NULL))
        ) PARTITION BY RANGE (day)
        """,
        // What waits for the browser may be an authorization request or a device: each comes back to its own dispatcher.
        """
        ALTER TABLE pending_authorization
        ADD COLUMN purpose text NOT NULL DEFAULT 'authorization' CHECK (purpose IN ('authorization', 'device'))
        """,
    ]
}
