import Cryptography

// What concerns more than one setting, or the world outside: files that must be there, promises a production server makes.

extension Configuration {
    /// Adds the faults no single setting shows.
    func check(_ reader: inout SettingsReader) {
        checkIssuer(&reader)
        checkListening(&reader)
        checkFiles(&reader)
        checkOrder(&reader)
        if mode == .production, keys.passphrase == nil, !reader.isSet("keys.passphrase"),
            !reader.isSet("keys.passphrase_file")
        {
            reader.complain(
                "keys.passphrase",
                "is missing; a production server encrypts its keys: set keys.passphrase_file"
            )
        }
        if let url = database.url?.reveal(), !Self.isConnectionString(url) {
            reader.complain(
                reader.isSet("database.url") ? "database.url" : "database.url_file",
                "the secret is no connection string such as postgresql://user@host/name or “host=… dbname=…”"
            )
        }
    }

    private func checkIssuer(_ reader: inout SettingsReader) {
        guard let address = WebAddress(issuer) else { return }
        if mode == .production, !reader.isSet("issuer") {
            reader.complain("issuer", "is missing; a production server needs its public https address")
            return
        }
        if address.path.hasSuffix("/") {
            reader.complain("issuer", "must not end with a slash")
        } else if !address.path.isEmpty {
            // Cookies, pages and redirects are those of a whole host: `__Host-` cookies know no path.
            reader.complain("issuer", "must not have a path: the server answers at the root of a host of its own")
        }
        guard !address.isSecure else { return }
        if mode == .production {
            reader.complain("issuer", "must be an https address (RFC 8414 §2)")
        } else if !address.isLoopback, !sandbox.isPublic {
            reader.complain("issuer", "may be an http address on loopback only, or with sandbox.public")
        }
    }

    private func checkListening(_ reader: inout SettingsReader) {
        if listen.port == 0, !reader.isSet("issuer") {
            reader.complain("listen.port", "is 0, a free port; the issuer cannot follow it and must be set")
        }
        guard IPAddress(listen.address)?.isLoopback == false else { return }
        switch mode {
        case .sandbox:
            if !sandbox.isPublic {
                reader.complain("listen.address", "is not loopback; a sandbox needs sandbox.public for that")
            }
        case .production:
            if tls == nil, proxies.trusted.isEmpty {
                reader.complain(
                    "listen.address",
                    "is not loopback: set tls.certificate_file and tls.key_file, or name the proxy in proxies.trusted"
                )
            }
        }
    }

    private func checkFiles(_ reader: inout SettingsReader) {
        guard let tls else { return }
        checkPEM(&reader, "tls.certificate_file", tls.certificateFile, holds: "CERTIFICATE-----", isSecret: false)
        checkPEM(&reader, "tls.key_file", tls.keyFile, holds: "PRIVATE KEY-----", isSecret: true)
    }

    private func checkPEM(
        _ reader: inout SettingsReader,
        _ key: String,
        _ path: String,
        holds words: String,
        isSecret: Bool
    ) {
        do throws(SettingComplaint) {
            let text = try OperatorFile.text(at: path, longest: 1 << 20, isSecret: isSecret)
            if !text.contains(words) { reader.complain(key, "\(path) holds no PEM block “\(words.dropLast(5))”") }
        } catch {
            reader.complain(key, "\(path) \(error.sentence)")
        }
    }

    /// Pairs of settings of which one must not exceed the other.
    private func checkOrder(_ reader: inout SettingsReader) {
        if passwords.shortest > passwords.longest {
            reader.complain("passwords.shortest", "is more than passwords.longest")
        }
        let lanes = database.readConnections + database.writeConnections
        if database.url == nil, lanes + 5 > privatePostgres.connections {
            reader.complain(
                "postgres.connections",
                "is too small for the \(lanes) connections of the two lanes and 5 to spare"
            )
        }
    }

    private static func isConnectionString(_ text: String) -> Bool {
        text.utf8.starts(with: "postgresql://".utf8) || text.utf8.starts(with: "postgres://".utf8)
            || text.utf8.contains(UInt8(ascii: "="))
    }
}
