/// Where the server is and how much of it may be used.
public struct DatabaseConfiguration: Sendable, CustomStringConvertible, CustomReflectable {
    /// A libpq connection string, URI or keyword/value: several hosts, `target_session_attrs`, `sslmode` and the rest work as libpq
    /// documents them. Holds a password perhaps: never log it.
    public var connectionString: String
    /// Connections of the read lane, each shared by many callers; 1…64, two to four a core are enough.
    public var readConnections = 4
    /// Connections of the write lane, each for one transaction or write at a time; 1…256.
    public var writeConnections = 16
    /// Reads that may be under way on one connection at the same time.
    public var readsPerConnection = 64
    /// Callers that may wait for a connection, for each lane; one more gets `.queueFull`.
    public var queueLimit = 1024
    /// How long a caller waits for a connection.
    public var waitLimit: Duration = .seconds(1)
    /// How long a statement may take, measured from sending; then its socket is closed. `statement_timeout` is set to nine tenths of it.
    public var statementLimit: Duration = .seconds(5)
    /// How long one place may take to let us in, unless the string has `connect_timeout`.
    public var connectLimit: Duration = .seconds(2)
    /// `lock_timeout`: how long a statement waits for a lock; 0 for ever.
    public var lockLimit: Duration = .seconds(1)
    /// `idle_in_transaction_session_timeout`: how long a transaction may rest between statements; 0 for ever.
    public var idleInTransactionLimit: Duration = .seconds(10)
    /// A connection that rested this long is closed, down to one a lane.
    public var idleLimit: Duration = .seconds(300)
    /// Longest pause between attempts to connect; the first is 50 ms, and each failure doubles it.
    public var longestPause: Duration = .seconds(2)
    /// How long a graceful shutdown waits for work that is under way.
    public var drainLimit: Duration = .seconds(10)
    /// Prepared statements kept on one connection.
    public var statementsPerConnection = 256
    /// `application_name`, followed by the lane's name; one in the connection string wins.
    public var applicationName = "citygate"

    /// Defaults for everything but the place.
    public init(_ connectionString: String) {
        self.connectionString = connectionString
    }

    /// Shows the sizes and hides the connection string.
    public var description: String {
        "DatabaseConfiguration(readConnections: \(readConnections), writeConnections: \(writeConnections))"
    }

    /// Hides the connection string from `dump` and the like.
    public var customMirror: Mirror {
        Mirror(self, children: ["readConnections": readConnections, "writeConnections": writeConnections])
    }

    /// Checks the connection string, without connecting.
    ///
    /// - Throws: `.misuse` whose `message` says what is wrong.
    public func validate() throws(PostgresError) {
        _ = try ConnectionString(self, lane: "check")
    }
}
