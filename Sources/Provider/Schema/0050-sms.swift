extension Schema {
    /// Codes and messages by SMS. A phone stands here as a keyed blind index only, another one than that of accounts.
    static let sms: [String] = [
        // One row for each attempt to send, written before anything is sent: the limits count these.
        """
        CREATE TABLE sms_message (
            day integer NOT NULL,
            id text NOT NULL,
            phone bytea NOT NULL,
            browser bytea,
            network text,
            purpose text NOT NULL,
            at timestamptz NOT NULL,
            outcome text NOT NULL DEFAULT 'attempted',
            vendor_id text,
            report text,
            reported_at timestamptz,
            PRIMARY KEY (day, id)
        ) PARTITION BY RANGE (day)
        """,
        "CREATE INDEX sms_message_phone ON sms_message (phone, at DESC)",
        "CREATE INDEX sms_message_network ON sms_message (network, at DESC)",
        "CREATE INDEX sms_message_browser ON sms_message (browser, at DESC)",
        "CREATE INDEX sms_message_vendor ON sms_message (vendor_id) WHERE vendor_id IS NOT NULL",
        """
        CREATE TABLE sms_code (
            day integer NOT NULL,
            id text NOT NULL,
            phone bytea NOT NULL,
            browser bytea NOT NULL,
            purpose text NOT NULL,
            code bytea NOT NULL,
            tries integer NOT NULL DEFAULT 0,
            issued_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            spent_at timestamptz,
            replaced_at timestamptz,
            PRIMARY KEY (day, id)
        ) PARTITION BY RANGE (day)
        """,
        "CREATE INDEX sms_code_phone ON sms_code (phone, purpose)",
        // What has been spent of an hour's money, all processes together.
        """
        CREATE TABLE sms_budget (
            day integer NOT NULL,
            hour integer NOT NULL,
            sent integer NOT NULL,
            PRIMARY KEY (day, hour)
        ) PARTITION BY RANGE (day)
        """,
    ]
}
