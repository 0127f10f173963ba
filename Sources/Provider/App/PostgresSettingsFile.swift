/// The text of the configuration files of the private PostgreSQL. They are ours and written anew at each start; an operator adds to them in
/// `data/local.conf`.
struct PostgresSettingsFile: Sendable {
    let socketFolder: String
    /// Bytes.
    let sharedBuffers: Int
    let connections: Int

    /// `postgresql.conf`: durable, small, reachable by the socket only, and with a log that holds no value of any statement.
    var postgresql: String {
        """
        # Written by citygate at each start. Settings of your own go into local.conf beside this file.
        listen_addresses = ''
        unix_socket_directories = '"\(socketFolder.replacing("\"", with: "\"\"").replacing("'", with: "''"))"'
        unix_socket_permissions = 0700
        port = 5432
        max_connections = \(connections)
        cluster_name = 'citygate'

        fsync = on
        synchronous_commit = on
        full_page_writes = on
        wal_level = replica
        max_wal_senders = 2
        max_wal_size = 512MB
        min_wal_size = 80MB

        shared_buffers = \(max(128, sharedBuffers / 1024))kB
        huge_pages = off
        work_mem = 4MB
        maintenance_work_mem = 32MB
        autovacuum_max_workers = 2
        max_parallel_workers_per_gather = 0
        max_logical_replication_workers = 0
        jit = off

        lc_messages = 'C'
        timezone = 'UTC'
        log_timezone = 'UTC'
        idle_in_transaction_session_timeout = 60s

        logging_collector = off
        log_destination = 'stderr'
        log_line_prefix = '%m [%p] '
        log_min_messages = warning
        log_min_error_statement = panic
        log_parameter_max_length = 0
        log_parameter_max_length_on_error = 0
        log_error_verbosity = terse
        log_statement = 'none'
        log_checkpoints = off

        include 'local.conf'

        """
    }

    /// `local.conf` as it is before an operator writes into it.
    let local = "# Settings of your own; they go before those of postgresql.conf. Citygate leaves this file alone.\n"

    /// `pg_hba.conf`: our two roles, by the socket, for the users of `ident`.
    var hba: String {
        """
        # Written by citygate at each start.
        local all \(PostgresFolder.role),\(PostgresFolder.administrator) peer map=citygate
        local replication \(PostgresFolder.administrator) peer map=citygate

        """
    }

    /// `pg_ident.conf`: which users of the system may be our roles.
    func ident(systemUsers: [String]) -> String {
        let lines = Set(systemUsers).sorted().flatMap { user in
            [PostgresFolder.role, PostgresFolder.administrator].map { role in
                "citygate \"\(user.replacing("\"", with: "\"\""))\" \(role)"
            }
        }
        return (["# Written by citygate at each start."] + lines + [""]).joined(separator: "\n")
    }
}
