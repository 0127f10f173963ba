import Cryptography
import FoundationEssentials
import Glibc
import Testing

@testable import Provider

@Suite struct `The configuration` {
    @Test func `of a sandbox needs no setting at all`() throws {
        let configuration = try Configuration.load(file: nil, environment: [:], mode: .sandbox)
        #expect(configuration.issuer == "http://localhost:8080")
        #expect(configuration.listen.address == "127.0.0.1" && configuration.listen.port == 8080)
        #expect(configuration.lifetimes.authorizationCode == .seconds(60))
        #expect(
            configuration.lifetimes.accessToken == .seconds(600) && configuration.lifetimes.idToken == .seconds(600)
        )
        #expect(configuration.lifetimes.sessionAbsolute == .seconds(12 * 3600))
        #expect(
            configuration.lifetimes.pendingAuthorization == .seconds(1800)
                && configuration.lifetimes.captcha == .seconds(300)
        )
        #expect(configuration.http.idleTimeout == .seconds(60) && configuration.http.headerBytes == 16 << 10)
        #expect(configuration.http.bodyBytes == 64 << 10)
        #expect(configuration.throttle.wrongPasswords == 5 && configuration.throttle.lock == .seconds(900))
        #expect(configuration.passwords.memory == 19 << 20 && configuration.passwords.iterations == 2)
        #expect(!configuration.consent.preselected && configuration.database.url == nil)
    }

    @Test func `of a production server reads file and environment, and the environment goes first`() throws {
        let file = SettingsFile(
            name: "citygate.yaml",
            text: """
                issuer: https://login.example.gov.cn
                listen: { port: 9000 }
                proxies:
                  trusted: [10.0.0.0/8, "::1"]
                keys:
                  passphrase: correct horse battery
                lifetimes:
                  access_token: 5m
                brand:
                  name: 福州统一身份认证
                """
        )
        let environment = [
            "CITYGATE_LISTEN_PORT": "9001", "DATABASE_URL": "postgresql://citygate:p%40ss@db/citygate", "HOME": "/root",
        ]
        let configuration = try Configuration.load(file, environment: environment, mode: .production)
        #expect(configuration.listen.port == 9001)
        #expect(configuration.lifetimes.accessToken == .seconds(300))
        #expect(configuration.database.url?.reveal() == "postgresql://citygate:p%40ss@db/citygate")
        #expect(configuration.keys.passphrase?.reveal() == "correct horse battery")
        #expect(configuration.brand.name == "福州统一身份认证")
        let proxy = try #require(configuration.proxies.trusted.first)
        let inside = try #require(IPAddress("10.200.1.1"))
        let outside = try #require(IPAddress("11.0.0.1"))
        #expect(proxy.contains(inside) && !proxy.contains(outside))
    }

    @Test func `reports every one of forty faults at once, each with its place and in words`() throws {
        let file = SettingsFile(name: "citygate.yaml", text: Self.faultyFile)
        let faults = try faults(file, environment: Self.faultyEnvironment)
        for expected in Self.expectedFaults {
            #expect(
                faults.contains {
                    $0.key == expected.key && $0.source == expected.source && $0.sentence.contains(expected.words)
                },
                "\(expected)"
            )
        }
        #expect(Self.expectedFaults.count >= 40)
        #expect(faults.count == Self.expectedFaults.count, "\(ConfigurationFaults(faults: faults))")
    }

    @Test func `names the setting that was probably meant`() throws {
        let file = SettingsFile(
            name: "c.yaml",
            text: "lifetime:\n  acces_token: 60s\nidle_timeout: 1s\nsection:\n  of: nothing\n"
        )
        let sentences = try faults(file, mode: .sandbox).map(\.sentence)
        #expect(sentences[0] == "is no setting; did you mean lifetimes.access_token?")
        #expect(sentences[1] == "is no setting; did you mean http.idle_timeout?")
        #expect(sentences[2] == "is no setting")
        let variable = try faults(nil, environment: ["CITYGATE_DATABASE_URL": "host=db"], mode: .sandbox)
        #expect(variable.map(\.sentence) == ["names no setting; did you mean DATABASE_URL?"])
    }

    @Test func `of a production server refuses each sandbox setting, whatever its value`() throws {
        for key in ["public", "captcha_answer", "limit_loopback", "unlimited_accounts", "allow_loopback_http"] {
            let file = SettingsFile(name: "c.yaml", text: "sandbox: { \(key): true }")
            let found = try faults(file, environment: Self.production)
            #expect(found.count == 1 && found[0].sentence.contains("belongs to the sandbox"), "\(key)")
            let byEnvironment = try faults(
                nil,
                environment: Self.production.merging(["CITYGATE_SANDBOX_\(key.uppercased())": "true"]) { $1 }
            )
            #expect(byEnvironment.count == 1)
        }
    }

    @Test func `of a production server refuses lifetimes of seconds, which a sandbox takes`() throws {
        let file = SettingsFile(
            name: "c.yaml",
            text: "lifetimes: { access_token: 2s, authorization_code: 1s, captcha: 3s }"
        )
        #expect(try faults(file, environment: Self.production).count == 3)
        let configuration = try Configuration.load(file, environment: [:], mode: .sandbox)
        #expect(configuration.lifetimes.accessToken == .seconds(2))
    }

    @Test func `takes secrets from files and refuses one that every user can read`() throws {
        try withFolder { folder in
            let path = "\(folder)/passphrase"
            try "correct horse battery\n".write(toFile: path, atomically: false, encoding: .utf8)
            chmod(path, 0o600)
            var environment = Self.production
            environment["CITYGATE_KEYS_PASSPHRASE"] = nil
            environment["CITYGATE_KEYS_PASSPHRASE_FILE"] = path
            let configuration = try Configuration.load(file: nil, environment: environment, mode: .production)
            #expect(configuration.keys.passphrase?.reveal() == "correct horse battery")
            chmod(path, 0o644)
            #expect(
                try faults(nil, environment: environment).map(\.sentence) == [
                    "\(path) holds a secret and is readable by every user; its mode should be 0400 or 0600"
                ]
            )
        }
    }

    @Test func `never prints a secret, in force or in a fault`() throws {
        let environment = Self.production.merging(["DATABASE_URL": "postgresql://u:hunter2hunter2@h/d"]) { $1 }
        let configuration = try Configuration.load(file: nil, environment: environment, mode: .production)
        let printed = "\(configuration.effective)" + configuration.redactedYAML
        #expect(!printed.contains("hunter2") && !printed.contains("horse"))
        #expect(printed.contains("‹secret›"))
        var shown = ""
        dump(configuration, to: &shown)
        #expect(!shown.contains("hunter2") && !shown.contains("horse"))
        let wrong = try faults(
            nil,
            environment: Self.production.merging(["DATABASE_URL": "hunter2\u{7}", "CITYGATE_KEYS_PASSPHRASE": "horse"])
            { $1 }
        )
        #expect(wrong.count == 2 && !"\(ConfigurationFaults(faults: wrong))".contains("hunter2"))
        #expect(!"\(ConfigurationFaults(faults: wrong))".contains("horse"))
    }

    @Test func `that is not YAML is one fault with its line, and the environment is checked all the same`() throws {
        let file = SettingsFile(name: "c.yaml", text: "issuer: https://a.cn\nlisten: [\n")
        let found = try faults(file, environment: Self.production.merging(["CITYGATE_LISTEN_PORT": "x"]) { $1 })
        #expect(found.map(\.source) == ["c.yaml line 3", "environment variable CITYGATE_LISTEN_PORT"])
        #expect(
            try faults(SettingsFile(path: "/no/such/file.yaml")).contains {
                $0.sentence == "the configuration file cannot be read"
            }
        )
        let repeated = try faults(
            SettingsFile(name: "c.yaml", text: "issuer: https://a.cn\nissuer: https://b.cn\n"),
            environment: Self.production
        )
        #expect(repeated.map(\.sentence) == ["repeats the key issuer"])
    }

    @Test func `leaves alone what Kubernetes sets for a service of our name`() throws {
        let environment = [
            "CITYGATE_SERVICE_HOST": "10.0.0.1", "CITYGATE_PORT_8080_TCP": "tcp://10.0.0.1:8080",
            "CITYGATE_PORT": "tcp://…",
        ]
        #expect(throws: Never.self) { try Configuration.load(file: nil, environment: environment, mode: .sandbox) }
    }

    @Test func `has no two settings of one variable`() throws {
        let configuration = try Configuration.load(file: nil, environment: [:], mode: .sandbox)
        let variables = configuration.effective.map { SettingsReader.variable(for: $0.key) }
        #expect(Set(variables).count == variables.count)
    }

    @Test func `printed and read again is the same`() throws {
        let file = SettingsFile(
            name: "c.yaml",
            text:
                "http: { body_bytes: 128KiB }\nproxies: { trusted: [10.0.0.0/8, 127.0.0.1] }\nbrand: { name: \"a: #b\" }\n"
        )
        let first = try Configuration.load(file, environment: [:], mode: .sandbox)
        let second = try Configuration.load(
            SettingsFile(name: "c.yaml", text: first.redactedYAML),
            environment: [:],
            mode: .sandbox
        )
        #expect(first.effective.map(\.value) == second.effective.map(\.value))
    }

    /// The faults of a configuration that must have some.
    private func faults(
        _ file: SettingsFile?,
        environment: [String: String] = [:],
        mode: Configuration.Mode = .production
    ) throws -> [ConfigurationFaults.Fault] {
        do throws(ConfigurationFaults) {
            _ = try Configuration.load(file, environment: environment, mode: mode)
            Issue.record("the configuration was taken")
            return []
        } catch {
            return error.faults
        }
    }

    /// What a production server needs, by the environment.
    private static let production = [
        "CITYGATE_ISSUER": "https://login.example.gov.cn", "CITYGATE_KEYS_PASSPHRASE": "correct horse battery",
    ]
}

/// Gives an empty folder to `body` and removes it afterwards.
func withFolder(_ body: (String) throws -> Void) throws {
    let folder = "/tmp/citygate-test-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
}
