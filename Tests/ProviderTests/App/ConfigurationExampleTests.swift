import Cryptography
import FoundationEssentials
import Glibc
import Testing

@testable import Provider

@Suite struct `The example configuration` {
    @Test func `is one a production server takes as it stands`() throws {
        try withFolder { folder in
            let text = try Self.example(in: folder)
            let configuration = try Configuration.load(
                SettingsFile(name: "example", text: text),
                environment: [:],
                mode: .production
            )
            #expect(configuration.issuer == "https://login.example.gov.cn")
        }
    }

    @Test func `is right in every line that is commented out`() throws {
        try withFolder { folder in
            let text = Self.uncommented(try Self.example(in: folder)) {
                !$0.hasPrefix("passphrase:") && !$0.hasPrefix("url_file:") && !$0.hasPrefix("password_file:")
                    && !$0.hasPrefix("report_password_file:")
                    && !$0.hasPrefix("secret_file:") && !$0.hasPrefix("private_key_file:")
                    && !$0.hasPrefix("aes_key_file:")
            }
            let configuration = try Configuration.load(
                SettingsFile(name: "example", text: text),
                environment: [:],
                mode: .sandbox
            )
            // Two settings may not be given twice, as value and as file.
            let unset = configuration.effective.filter { $0.source == "default" || $0.source == "not set" }.map(\.key)
            #expect(Set(unset).subtracting(Self.secrets).subtracting(Self.givenOtherwise) == [])
        }
    }

    /// The same of the mini-program.
    private static let givenOtherwise: Set<String> = [
        "mini_program.wechat.secret_file", "mini_program.baidu.secret_file",
        "mini_program.alipay.private_key_file", "mini_program.alipay.aes_key_file",
    ]

    @Test func `shows each setting with its default`() throws {
        try withFolder { folder in
            let text = Self.uncommented(try Self.example(in: folder)) { _ in true }
            let written = SettingsFile(name: "example", text: text).entries
            let defaults = try Configuration.load(file: nil, environment: [:], mode: .sandbox).effective
            for setting in defaults
            where setting.source == "default"
                && !["issuer", "keys.folder", "sandbox.allow_loopback_http", "signing.publish_before"].contains(
                    setting.key
                )
            {
                let value = try #require(setting.value)
                guard case .text(let shown)? = written[setting.key]?.value else {
                    Issue.record("\(setting.key) is missing")
                    continue
                }
                #expect(Self.isSame(shown, value), "\(setting.key): \(shown) is not the default \(value)")
            }
            #expect(Set(written.keys).subtracting(defaults.map(\.key)) == [])
            #expect(Set(defaults.map(\.key)).subtracting(written.keys) == [])
        }
    }

    /// Settings of which the example shows the other form, a value or a file.
    private static let secrets: Set<String> = [
        "keys.passphrase", "database.url_file", "sms.password", "sms.password_file", "sms.report_password",
        "sms.report_password_file",
    ]

    /// The file, with its paths below `folder`, where there is something to read at each.
    private static func example(in folder: String) throws -> String {
        for name in [
            "passphrase", "tls.pem", "tls.key", "database-url", "mark.svg", "agreement.txt", "privacy.txt",
            "accessibility.txt", "help.txt", "software-issuers.json", "sms-password", "sms-report",
        ] {
            let text =
                if name.hasPrefix("tls") {
                    "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n"
                } else if name.hasSuffix(".json") { "[]" } else { "correct horse battery\n" }
            try text.write(toFile: "\(folder)/\(name)", atomically: false, encoding: .utf8)
            chmod("\(folder)/\(name)", 0o600)
        }
        let file = #filePath.replacing(
            "/Tests/ProviderTests/App/ConfigurationExampleTests.swift",
            with: "/deploy/citygate.yaml.example"
        )
        let keys = try RSA2PrivateKey.generate()
        return try String(contentsOfFile: file, encoding: .utf8).replacing("/etc/citygate", with: folder)
            .replacing("MIIEvQ", with: keys.privateKey.reveal()).replacing("MIIBIj", with: keys.publicKey)
    }

    /// Without the `#` before settings: prose has a space after it.
    private static func uncommented(_ text: String, _ isWanted: (Substring) -> Bool) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let start = line.drop { $0 == " " }
            guard start.hasPrefix("#"), start.dropFirst().first != " ", start.count > 1, isWanted(start.dropFirst())
            else { return String(line) }
            return String(line.prefix { $0 == " " } + start.dropFirst())
        }.joined(separator: "\n")
    }

    /// Durations may be written in another unit.
    private static func isSame(_ left: String, _ right: String) -> Bool {
        if let left = DurationText.parse(left), let right = DurationText.parse(right) { return left == right }
        return left == right
    }
}
