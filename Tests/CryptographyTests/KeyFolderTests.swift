import FoundationEssentials
import Glibc
import Testing

@testable import Cryptography

@Suite struct `The key folder` {
    let temporary: TemporaryFolder
    let folder: KeyFolder

    init() throws {
        temporary = try TemporaryFolder()
        folder = KeyFolder(path: temporary.keys)
    }

    @Test func `is made with a current and a next key for each algorithm, none of them shared`() throws {
        #expect(!folder.exists)
        #expect(try folder.create(now: noon))
        #expect(folder.exists)
        let keys = try folder.keys()
        #expect(keys.count == 10)
        for algorithm in SignatureAlgorithm.allCases {
            let states = keys.filter { $0.algorithm == algorithm }.map(\.state)
            #expect(states == [.current, .next])
        }
        #expect(Set(keys.map(\.publicJWK.thumbprint)).count == 10)
        #expect(keys.allSatisfy { $0.createdAt == noon && ($0.state == .next || $0.activatedAt == noon) })
        try folder.check()
        #expect(try !folder.create(now: noon))
        #expect(try folder.keys() == keys)
    }

    @Test func `has mode 0700 and files of mode 0600, whatever the umask`() throws {
        try folder.create(algorithms: [.ES256], now: noon)
        #expect(TemporaryFolder.mode(folder.path) == 0o700)
        let names = try TemporaryFolder.names(folder.path)
        #expect(names.count == 5)
        for name in names { #expect(TemporaryFolder.mode(folder.path + "/" + name) == 0o600, "\(name)") }
    }

    @Test(arguments: ["keyring.json", "secrets.json", "pem", "."], [0o640, 0o604, 0o620, 0o602, 0o610, 0o777])
    func `is refused when others may touch a file or the folder, with the command that helps`(
        name: String,
        mode: mode_t
    ) throws {
        try folder.create(algorithms: [.ES256], now: noon)
        let names = try TemporaryFolder.names(folder.path)
        let file = name == "." ? folder.path : folder.path + "/" + (names.first { $0.hasSuffix(name) } ?? "")
        try #require(chmod(file, mode) == 0)
        defer { chmod(file, 0o700) }
        let error = #expect(throws: KeyFolderError.self) { try folder.check() }
        let wanted = name == "." ? "700" : "600"
        #expect(error == .exposed(path: file, mode: String(mode, radix: 8), wanted: wanted))
        #expect(error?.description.hasSuffix("Run: chmod \(wanted) \(file)") == true)
    }

    @Test(.enabled(if: geteuid() == 0)) func `is refused when a file belongs to somebody else`() throws {
        try folder.create(algorithms: [.ES256], now: noon)
        let file = folder.path + "/secrets.json"
        try #require(chown(file, 4711, 4711) == 0)
        #expect(throws: KeyFolderError.foreignOwner(path: file, owner: 4711, user: 0)) { try folder.secrets() }
        #expect("\(KeyFolderError.foreignOwner(path: file, owner: 4711, user: 0))".contains("chown 0 \(file)"))
    }

    @Test func `is refused when it is missing, a file, or holds nonsense`() throws {
        #expect(throws: KeyFolderError.missing(path: folder.path)) { try folder.keys() }
        try TemporaryFolder.write(folder.path, [])
        #expect(throws: KeyFolderError.wrongKind(path: folder.path, wanted: "folder")) { try folder.keys() }
        unlink(folder.path)
        try folder.create(algorithms: [.ES256], now: noon)
        for text in ["", "{}", #"{"version":2,"keys":[],"removed":[]}"#, #"{"version":1,"keys":[{}],"removed":[]}"#] {
            try TemporaryFolder.write(folder.path + "/keyring.json", utf8(text))
            #expect(throws: KeyFolderError.self) { try folder.keys() }
        }
        try TemporaryFolder.write(folder.path + "/secrets.json", utf8("{}"))
        #expect(throws: KeyFolderError.self) { try folder.secrets() }
    }

    @Test func `quotes a path for the shell`() {
        let error = KeyFolderError.exposed(path: "/a b/it's", mode: "644", wanted: "600")
        #expect(error.description.hasSuffix(#"Run: chmod 600 '/a b/it'\''s'"#))
    }

    @Test func `moves a key from next to current to retiring to nothing`() throws {
        try folder.create(algorithms: [.ES256], now: noon)
        let first = try folder.keys()
        let later = noon.addingTimeInterval(90 * day)
        let active = try folder.activate(first[1].kid, now: later, overlap: 2 * day)
        #expect(active.state == .current)
        #expect(active.activatedAt == later)
        let former = try folder.keys()[0]
        #expect(former.state == .retiring)
        #expect(former.retireAt == later.addingTimeInterval(2 * day))
        #expect(try folder.dueForRemoval(now: later.addingTimeInterval(2 * day - 1)).isEmpty)
        #expect(try folder.dueForRemoval(now: later.addingTimeInterval(2 * day)) == [former])
        try folder.retire(former.kid)
        #expect(try folder.keys().map(\.kid) == [active.kid])
        #expect(try !TemporaryFolder.names(folder.path).contains(former.kid + ".pem"))
        #expect(try folder.manifest().removed == [former.kid])
        #expect(throws: KeyFolderError.unknownKey(kid: former.kid)) { try folder.retire(former.kid) }
    }

    @Test func `keeps the only key that signs, and activates only one that waits`() throws {
        try folder.create(algorithms: [.ES256, .EdDSA], now: noon)
        let keys = try folder.keys()
        #expect(throws: KeyFolderError.lastCurrent(kid: keys[0].kid, algorithm: .ES256)) {
            try folder.retire(keys[0].kid)
        }
        #expect(throws: KeyFolderError.wrongState(kid: keys[0].kid, state: .current, wanted: .next)) {
            try folder.activate(keys[0].kid, now: noon, overlap: 0)
        }
        #expect(throws: KeyFolderError.unknownKey(kid: "nobody")) {
            try folder.activate("nobody", now: noon, overlap: 0)
        }
        #expect(try folder.keys() == keys)
        try folder.retire(keys[1].kid)
        #expect(try folder.keys().count == 3)
    }

    @Test func `rotates one algorithm or all, and always leaves a key in waiting`() throws {
        try folder.create(algorithms: [.ES256, .EdDSA], now: noon)
        let before = try folder.keys()
        let rotated = try folder.rotate(.ES256, now: noon, overlap: day)
        #expect(rotated.map(\.kid) == [before[1].kid])
        let all = try folder.rotate(now: noon, overlap: day)
        #expect(all.map(\.algorithm) == [.ES256, .EdDSA])
        let keys = try folder.keys()
        #expect(keys.filter { $0.algorithm == .ES256 }.map(\.state) == [.retiring, .retiring, .current, .next])
        #expect(keys.filter { $0.algorithm == .EdDSA }.map(\.state) == [.retiring, .current, .next])
        #expect(try folder.rotate(.SM2, now: noon, overlap: day).count == 1)
        #expect(try folder.keys().filter { $0.algorithm == .SM2 }.map(\.state) == [.current, .next])
        try folder.check()
    }

    @Test func `generates a key in waiting`() throws {
        try folder.create(algorithms: [.ES256], now: noon)
        let record = try folder.generate(.EdDSA, now: noon.addingTimeInterval(0.75))
        #expect(record.state == .next)
        #expect(record.createdAt == noon)
        #expect(try folder.keys().last == record)
    }

    @Test func `does not activate a key whose file is damaged or another's`() throws {
        try folder.create(algorithms: [.ES256], now: noon)
        let keys = try folder.keys()
        let file = folder.path + "/" + keys[1].file
        let other = try SigningKey.generate(.ES256).pem(passphrase: nil).reveal()
        for content in [other, [], utf8("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")] {
            try TemporaryFolder.write(file, content)
            let error = #expect(throws: KeyFolderError.self) { try folder.activate(keys[1].kid, now: noon, overlap: 0) }
            guard case .malformed(file, _) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
        #expect(try folder.keys() == keys)
    }
}
