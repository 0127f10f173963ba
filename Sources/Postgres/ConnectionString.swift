import CLibPQ
import Glibc

/// One place a server may be: a host name, an address or a socket directory, with a port.
struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    /// As written, for certificates and password files; empty is libpq's default.
    var host = ""
    /// A numeric address, once known.
    var address = ""
    var port = ""
    /// `target_session_attrs` for this attempt; empty is libpq's default.
    var attributes = ""

    /// A name that must be looked up before libpq may have it, since libpq's own look-up would block.
    var needsLookUp: Bool {
        guard address.isEmpty, let first = host.utf8.first else { return false }
        if first == UInt8(ascii: "/") || first == UInt8(ascii: "@") { return false }
        var four = in_addr()
        var six = in6_addr()
        return inet_pton(AF_INET, host, &four) != 1 && inet_pton(AF_INET6, host, &six) != 1
    }

    var description: String {
        let place = host.isEmpty ? address.isEmpty ? "default host" : address : host
        return port.isEmpty ? place : "\(place):\(port)"
    }
}

/// A connection string taken apart: the places, and the settings that hold for each of them.
struct ConnectionString: Sendable {
    private(set) var endpoints: [Endpoint]
    private(set) var settings: [String: String]
    /// Nanoseconds for one place.
    let connectLimit: UInt64

    /// Reads a URI or keyword/value string by libpq's own parser and adds what this module wants set.
    ///
    /// - Throws: `.misuse` when libpq refuses the string; its words name the offending part.
    init(_ configuration: DatabaseConfiguration, lane: String) throws(PostgresError) {
        settings = try Self.parse(configuration.connectionString)
        endpoints = try Self.places(&settings)
        if let seconds = settings.removeValue(forKey: "connect_timeout").flatMap({ Int64($0) }), seconds > 0 {
            connectLimit = UInt64(min(seconds, 3600)) * 1_000_000_000
        } else {
            connectLimit = configuration.connectLimit.nanoseconds
        }
        let limit = configuration.statementLimit.milliseconds
        let defaults = [
            "application_name": "\(configuration.applicationName) \(lane)", "keepalives": "1", "keepalives_idle": "10",
            "keepalives_interval": "3", "gssencmode": "disable", "keepalives_count": "3",
            "tcp_user_timeout": "\(limit)",
        ]
        settings.merge(defaults) { written, _ in written }
        settings["client_encoding"] = "UTF8"
        // The server gives up a little before the client does, so that its answer still comes. Options written by the operator win.
        let options: [(String, String)] = [
            ("TimeZone", "UTC"), ("DateStyle", "ISO"), ("bytea_output", "hex"),
            // A prepared statement is planned once. Left to itself the server plans it anew at each call where partitions are involved, which
            // costs several times what the lookup does; which partition is meant is seen at run time all the same.
            ("plan_cache_mode", "force_generic_plan"),
            ("lock_timeout", "\(configuration.lockLimit.milliseconds)"),
            ("statement_timeout", "\(limit - limit / 10)"),
            ("idle_in_transaction_session_timeout", "\(configuration.idleInTransactionLimit.milliseconds)"),
        ]
        let written = settings["options"].map { " " + $0 } ?? ""
        settings["options"] = options.map { "-c \($0.0)=\($0.1)" }.joined(separator: " ") + written
    }

    private static func parse(_ text: String) throws(PostgresError) -> [String: String] {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(text, &message) else {
            defer { PQfreemem(message) }
            let words = message.map { String(cString: $0) } ?? "out of memory"
            throw .misuse("the connection string cannot be read: \(withoutQuotations(words))")
        }
        defer { PQconninfoFree(options) }
        var settings: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { settings[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return settings
    }

    /// libpq quotes what it stumbled over, which may be a piece of a password. Only the names of unknown settings are kept.
    private static func withoutQuotations(_ words: String) -> String {
        if words.hasPrefix("invalid connection option") || words.hasPrefix("invalid URI query parameter") {
            return words
        }
        let parts = words.split(separator: "\"", omittingEmptySubsequences: false)
        return parts.enumerated().map { $0.offset % 2 == 0 ? String($0.element) : "…" }.joined(separator: "\"")
    }

    /// Hosts, addresses and ports stand in parallel lists; one port serves all hosts.
    private static func places(_ settings: inout [String: String]) throws(PostgresError) -> [Endpoint] {
        func list(_ key: String, _ variable: String) -> [String] {
            let text = settings.removeValue(forKey: key) ?? getenv(variable).map { String(cString: $0) } ?? ""
            return text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let hosts = list("host", "PGHOST")
        let addresses = list("hostaddr", "PGHOSTADDR")
        let ports = list("port", "PGPORT")
        let count = max(hosts.count, addresses.count, 1)
        guard hosts.isEmpty || addresses.isEmpty || hosts.count == addresses.count else {
            throw .misuse("the connection string names \(hosts.count) hosts but \(addresses.count) host addresses")
        }
        guard ports.count <= 1 || ports.count == count else {
            throw .misuse("the connection string names \(ports.count) ports for \(count) hosts")
        }
        let attributes = settings.removeValue(forKey: "target_session_attrs") ?? ""
        let places = (0..<count).map { index in
            Endpoint(
                host: hosts.isEmpty ? "" : hosts[index],
                address: addresses.isEmpty ? "" : addresses[index],
                port: ports.count > 1 ? ports[index] : ports.first ?? "",
                attributes: attributes
            )
        }
        guard attributes == "prefer-standby" else { return places }
        // libpq makes two rounds for this one; so do we, since each attempt of ours is at one place.
        func round(_ attributes: String) -> [Endpoint] {
            places.map {
                var place = $0
                place.attributes = attributes
                return place
            }
        }
        return round("standby") + round("any")
    }

    /// Keywords and values for `PQconnectStartParams`.
    func parameters(for endpoint: Endpoint) -> [(String, String)] {
        var all = settings.map { ($0.key, $0.value) }
        let place = [
            ("host", endpoint.host), ("hostaddr", endpoint.address), ("port", endpoint.port),
            ("target_session_attrs", endpoint.attributes),
        ]
        all += place.filter { !$0.1.isEmpty }
        return all
    }
}

extension Duration {
    /// Whole nanoseconds, 0 when negative, clamped to about 292 years.
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < 9_000_000_000 else { return 9_000_000_000_000_000_000 }
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }

    /// Whole milliseconds, at most what a PostgreSQL setting takes.
    var milliseconds: UInt64 { min(nanoseconds / 1_000_000, 2_147_483_647) }
}
