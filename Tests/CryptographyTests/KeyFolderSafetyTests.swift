import FoundationEssentials
import Glibc
import Testing

@testable import Cryptography

@Suite struct `The key folder's safety` {
    let temporary: TemporaryFolder

    init() throws { temporary = try TemporaryFolder() }

    @Test func `encrypts all private content with the passphrase and opens with no other`() throws {
        let right = Secret(utf8("correct horse"))
        let folder = KeyFolder(path: temporary.keys, passphrase: right)
        try folder.create(algorithms: [.ES256, .SM2], now: noon)
        #expect(try folder.isEncrypted())
        for name in try TemporaryFolder.names(folder.path) where name.hasSuffix(".pem") {
            let text = String(decoding: try TemporaryFolder.read(folder.path + "/" + name), as: UTF8.self)
            #expect(text.hasPrefix("-----BEGIN ENCRYPTED PRIVATE KEY-----"))
        }
        let secrets = try folder.secrets()
        let stored = String(decoding: try TemporaryFolder.read(folder.path + "/secrets.json"), as: UTF8.self)
        #expect(!stored.contains(Base64URL.encode(secrets.kek.current.reveal())))
        _ = try KeyRing(folder: folder)
        for passphrase in [nil, Secret(utf8("correct horsf")), Secret([])] {
            let closed = KeyFolder(path: temporary.keys, passphrase: passphrase)
            #expect(throws: KeyFolderError.wrongPassphrase(path: folder.path + "/secrets.json")) {
                try closed.secrets()
            }
            let error = #expect(throws: KeyFolderError.self) { try KeyRing(folder: closed) }
            guard case .wrongPassphrase = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(try closed.keys().count == 4)
        }
    }

    @Test func `encrypts afterwards what was made in clear`() throws {
        let plain = KeyFolder(path: temporary.keys)
        try plain.create(algorithms: [.ES256], now: noon)
        #expect(try !plain.isEncrypted())
        #expect(throws: KeyFolderError.noPassphrase(path: plain.path)) { try plain.encrypt() }
        let before = try plain.secrets()
        let sealed = KeyFolder(path: temporary.keys, passphrase: Secret(utf8("later")))
        #expect(try sealed.secrets().kek.current.reveal() == before.kek.current.reveal())
        try sealed.encrypt()
        try sealed.encrypt()
        #expect(try sealed.isEncrypted())
        #expect(try sealed.secrets().pepper.current.reveal() == before.pepper.current.reveal())
        _ = try KeyRing(folder: sealed)
        #expect(throws: KeyFolderError.self) { try plain.secrets() }
    }

    @Test func `does not open a sealed file that was altered or whose derivation was made cheaper`() throws {
        let passphrase = Secret(utf8("p"))
        let sealed = try SecretsFile.encode(.generate(), passphrase: passphrase)
        let json = try JSON(parsing: sealed)
        let cheaper = JSON.object([
            ("version", 1),
            ("scrypt", .object([("salt", json["scrypt"]?["salt"]), ("n", 16_384), ("r", 8), ("p", 1)])),
            ("sealed", json["sealed"]),
        ])
        #expect(throws: KeyFolderError.wrongPassphrase(path: "f")) {
            try SecretsFile.decode(cheaper.bytes, passphrase: passphrase, path: "f")
        }
        for (name, value) in [("n", 1 << 40), ("n", 1000), ("n", 0), ("r", 1000), ("p", 0), ("p", -1)]
            as [(String, Int64)]
        {
            var scrypt = json["scrypt"]?.object ?? JSONObject()
            scrypt[name] = .integer(value)
            let greedy = JSON.object([("version", 1), ("scrypt", .object(scrypt)), ("sealed", json["sealed"])])
            let error = #expect(throws: KeyFolderError.self) {
                try SecretsFile.decode(greedy.bytes, passphrase: passphrase, path: "f")
            }
            #expect(error == .malformed(path: "f", rule: "sealed or scrypt is not readable"))
        }
    }

    @Test func `holds four secrets of 32 bytes, all different, and adds versions`() throws {
        let folder = KeyFolder(path: temporary.keys)
        try folder.create(algorithms: [], now: noon)
        let secrets = try folder.secrets()
        let keys = SecretPurpose.allCases.map { secrets[$0].current.reveal() }
        #expect(Set(keys).count == 4)
        #expect(keys.allSatisfy { $0.count == 32 })
        #expect(try folder.addSecret(.pepper) == 2)
        let after = try folder.secrets()
        #expect(after.pepper.currentVersion == 2)
        #expect(after.pepper[1]?.reveal() == secrets.pepper.current.reveal())
        #expect(after.pepper[3] == nil)
        #expect(after.kek.currentVersion == 1)
        #expect(after.kek.current.reveal() == secrets.kek.current.reveal())
    }

    @Test func `is made once when many make it at the same time`() async throws {
        let path = temporary.keys
        let made = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask { try KeyFolder(path: path).create(algorithms: [.ES256, .EdDSA], now: noon) }
            }
            return try await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(made.filter { $0 }.count == 1)
        let folder = KeyFolder(path: path)
        #expect(try folder.keys().count == 4)
        try folder.check()
    }

    @Test func `loses no change of many that come at the same time`() async throws {
        let path = temporary.keys
        try KeyFolder(path: path).create(algorithms: [.ES256], now: noon)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<16 {
                group.addTask {
                    let folder = KeyFolder(path: path)
                    if index % 2 == 0 { try folder.generate(.EdDSA, now: noon) } else { try folder.addSecret(.token) }
                }
            }
            try await group.waitForAll()
        }
        let folder = KeyFolder(path: path)
        #expect(try folder.keys().count == 10)
        #expect(try folder.secrets().token.currentVersion == 9)
    }

    @Test func `completes what a crash left half made, and never writes over secrets`() throws {
        let folder = KeyFolder(path: temporary.keys)
        try folder.create(algorithms: [.ES256], now: noon)
        let secrets = try folder.secrets()
        unlink(folder.path + "/keyring.json")
        try TemporaryFolder.write(folder.path + "/.keyring.json.0123456789abcdef.tmp", utf8("{\"vers"))
        #expect(try folder.create(algorithms: [.ES256], now: noon))
        #expect(try folder.secrets().kek.current.reveal() == secrets.kek.current.reveal())
        #expect(try !TemporaryFolder.names(folder.path).contains { $0.hasSuffix(".tmp") })
        _ = try KeyRing(folder: folder)
    }

    @Test func `removes keys that a crash left unlisted, and no other file`() throws {
        let folder = KeyFolder(path: temporary.keys)
        try folder.create(algorithms: [.ES256], now: noon)
        let stray = folder.path + "/0123456789abcdef01234567.pem"
        let foreign = [folder.path + "/backup.pem", folder.path + "/0123456789abcdef01234567.pem.old"]
        for path in foreign + [stray] { try TemporaryFolder.write(path, utf8("x")) }
        try folder.generate(.ES256, now: noon)
        let names = try TemporaryFolder.names(folder.path)
        #expect(!names.contains("0123456789abcdef01234567.pem"))
        #expect(names.contains("backup.pem") && names.contains("0123456789abcdef01234567.pem.old"))
        #expect(names.filter { $0.hasSuffix(".pem") }.count == 4)
        try folder.check()
    }

    @Test func `leaves the old file when a new one cannot be written`() throws {
        let directory = PrivateDirectory(path: temporary.path)
        try directory.write("a", utf8("old"))
        try #require(mkdir(temporary.path + "/b", 0o700) == 0)
        #expect(throws: KeyFolderError.self) { try directory.write("b", utf8("new")) }
        #expect(try directory.read("a") == utf8("old"))
        #expect(try TemporaryFolder.names(temporary.path) == ["a", "b"])
    }

    @Test func `reads no folder, no pipe and nothing of more than 1 MiB as a file`() throws {
        let directory = PrivateDirectory(path: temporary.path)
        try #require(mkdir(temporary.path + "/folder", 0o700) == 0)
        try #require(mkfifo(temporary.path + "/pipe", 0o600) == 0)
        try TemporaryFolder.write(temporary.path + "/large", [UInt8](repeating: 65, count: (1 << 20) + 1))
        for name in ["folder", "pipe", "large", "absent"] {
            #expect(throws: KeyFolderError.self, "\(name)") { try directory.read(name) }
        }
    }

    @Test func `writes private keys that OpenSSL's own reader knows, plain and encrypted`() throws {
        for algorithm in SignatureAlgorithm.allCases {
            let key = try SigningKey.generate(algorithm)
            for passphrase in [nil, Secret(utf8("pass")), Secret(utf8("长口令"))] {
                let pem = try key.pem(passphrase: passphrase).reveal()
                let read = try SigningKey(pem: pem, passphrase: passphrase, algorithm: algorithm, kid: key.kid)
                #expect(read.publicJWK == key.publicJWK)
            }
            let pem = try key.pem(passphrase: Secret(utf8("pass"))).reveal()
            #expect(throws: CryptographyError.wrongPassphrase) { try SigningKey(pem: pem, algorithm: algorithm) }
            let other: SignatureAlgorithm = algorithm == .ES256 ? .EdDSA : .ES256
            let plain = try key.pem(passphrase: nil).reveal()
            #expect(throws: CryptographyError.algorithmMismatch) { try SigningKey(pem: plain, algorithm: other) }
        }
    }
}
