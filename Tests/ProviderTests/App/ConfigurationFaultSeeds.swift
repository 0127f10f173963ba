@testable import Provider

// A production configuration with every kind of fault, and what must be said of each.
extension `The configuration` {
    struct Seed: Sendable {
        let key: String
        let source: String
        let words: String
    }

    static let faultyFile = """
        issuer: http://login.example.gov.cn/
        listen:
          address: 0.0.0.0
          port: 70000
        tls:
          certificate_file: /no/such/cert.pem
        proxies:
          trusted: [10.0.0.0/33, proxy.example]
        http:
          idle_timeout: 60
          request_timeout: 90 parsecs
          header_bytes: 1KiB
          body_bytes: 64
          conections: 10
        database:
          read_connections: zero
          write_connections: [1, 2]
          queue_limit:
        postgres:
          connections: 12
        keys:
          passphrase: short
        signing:
          rotate_every: 3s
          rsa_bits: 1024
        lifetimes:
          authorization_code: 1h
          access_token: 2s
          id_token: 13h
        passwords:
          memory: 1MiB
          shortest: 20
          longest: 12
        throttle:
          wrong_passwords: 0
          lock: soon
        captcha:
          proof_bits: 32
        consent:
          preselected: yes
        brand:
          name: ""
          landing_page: ftp://example.cn
          mark_file: /no/such/mark.svg
          colours:
            primary: red
            ink: "#CCCCCC"
          footer:
            party_mark: "https://user@example.cn/"
            organizer: 市政府
        logging:
          level: chatty
        housekeeping:
          interval: 0s
          batch: -1
        sandbox:
          public: true
          captcha_answer: "1234"
        colour: red
        """

    static let faultyEnvironment = [
        "CITYGATE_HTTP_CONNECTIONS": "many",
        "CITYGATE_HTTP_DRAIN_TIMEOUT": "0s",
        "CITYGATE_SANDBOX_LIMIT_LOOPBACK": "false",
        "CITYGATE_LISTEN_PROT": "80",
        "DATABASE_URL_FILE": "/no/such/url",
    ]

    static let expectedFaults: [Seed] = [
        seed("listen.port", 4, "“70000” is outside 1 to 65535"),
        Seed(key: "tls.key_file", source: "not set", words: "is missing beside tls.certificate_file"),
        seed("proxies.trusted", 8, "“10.0.0.0/33” is not an address or a range"),
        seed("proxies.trusted", 8, "“proxy.example” is not an address or a range"),
        seed("http.idle_timeout", 10, "“60” is not a duration"),
        seed("http.request_timeout", 11, "“90 parsecs” is not a duration"),
        seed("http.header_bytes", 12, "is outside 4KiB to 256KiB"),
        seed("http.body_bytes", 13, "“64” is not a size"),
        seed("http.conections", 14, "did you mean http.connections?"),
        seed("database.read_connections", 16, "“zero” is not a whole number"),
        seed("database.write_connections", 17, "is a list; one value is wanted"),
        seed("database.queue_limit", 18, "has no value"),
        seed("postgres.connections", 20, "is too small for the 20 connections"),
        seed("keys.passphrase", 22, "is shorter than 12 bytes"),
        seed("signing.rotate_every", 24, "is outside 1d to 366d"),
        seed("signing.rsa_bits", 25, "is outside 2048 to 4096"),
        seed("lifetimes.authorization_code", 27, "is outside 10s to 10m"),
        seed("lifetimes.access_token", 28, "is outside 1m to 1h"),
        seed("lifetimes.id_token", 29, "is outside 1m to 1h"),
        seed("passwords.memory", 31, "is outside 7MiB to 1GiB"),
        seed("passwords.shortest", 32, "is more than passwords.longest"),
        seed("throttle.wrong_passwords", 35, "is outside 3 to 20"),
        seed("throttle.lock", 36, "“soon” is not a duration"),
        seed("captcha.proof_bits", 38, "is outside 8 to 24"),
        seed("consent.preselected", 40, "is neither true nor false"),
        seed("brand.name", 42, "is empty"),
        seed("brand.landing_page", 43, "is not an address such as"),
        seed("brand.mark_file", 44, "there is no such file"),
        seed("brand.colours.primary", 46, "is not a colour such as"),
        seed("brand.colours.ink", 47, "has a contrast of 1.6:1 on white"),
        seed("brand.footer.party_mark", 49, "is not an address such as"),
        seed("brand.footer.organizer", 50, "did you mean brand.footer.organiser?"),
        seed("logging.level", 52, "is none of trace, debug"),
        seed("housekeeping.interval", 54, "is outside 1s to 1d"),
        seed("housekeeping.batch", 55, "is no setting"),
        seed("sandbox.public", 57, "belongs to the sandbox"),
        seed("sandbox.captcha_answer", 58, "belongs to the sandbox"),
        seed("colour", 59, "is no setting"),
        seed("issuer", 1, "must be an https address"),
        seed("issuer", 1, "must not end with a slash"),
        seed("listen.address", 3, "is not loopback"),
        variable("http.connections", "CITYGATE_HTTP_CONNECTIONS", "“many” is not a whole number"),
        variable("http.drain_timeout", "CITYGATE_HTTP_DRAIN_TIMEOUT", "is outside 1s to 5m"),
        variable("sandbox.limit_loopback", "CITYGATE_SANDBOX_LIMIT_LOOPBACK", "belongs to the sandbox"),
        variable("", "CITYGATE_LISTEN_PROT", "did you mean CITYGATE_LISTEN_PORT?"),
        variable("database.url_file", "DATABASE_URL_FILE", "/no/such/url cannot be read"),
    ]

    private static func seed(_ key: String, _ line: Int, _ words: String) -> Seed {
        Seed(key: key, source: "citygate.yaml line \(line)", words: words)
    }

    private static func variable(_ key: String, _ name: String, _ words: String) -> Seed {
        Seed(key: key, source: "environment variable \(name)", words: words)
    }
}
