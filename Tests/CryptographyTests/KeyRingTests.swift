import FoundationEssentials
import Testing

@testable import Cryptography

@Suite struct `The key ring` {
    let temporary: TemporaryFolder
    let folder: KeyFolder

    init() throws {
        temporary = try TemporaryFolder()
        folder = KeyFolder(path: temporary.keys)
        try folder.create(algorithms: [.ES256, .EdDSA], now: noon)
    }

    @Test func `signs with the current key and publishes next, current and retiring`() throws {
        try folder.rotate(.ES256, now: noon, overlap: day)
        let ring = try KeyRing(folder: folder)
        let records = try folder.keys()
        #expect(ring.records == records)
        #expect(ring.published.keys.compactMap(\.kid) == records.map(\.kid))
        #expect(ring.published.keys.count == 5)
        let current = try ring.current(for: .ES256)
        #expect(records.first { $0.kid == current.kid }?.state == .current)
        #expect(ring.algorithms == [.ES256, .EdDSA])
        #expect(throws: CryptographyError.noCurrentKey(.RS256)) { try ring.current(for: .RS256) }
        for record in records { #expect(ring.verificationKey(kid: record.kid) == record.publicJWK) }
        #expect(ring.verificationKey(kid: "nobody") == nil)
    }

    @Test func `notices a change of the folder, and keeps open keys that stay`() throws {
        let ring = try KeyRing(folder: folder)
        let (es256, edDSA) = (try ring.current(for: .ES256), try ring.current(for: .EdDSA))
        #expect(try !ring.reloadIfChanged())
        try folder.rotate(.ES256, now: noon, overlap: day)
        #expect(try ring.current(for: .ES256) === es256)
        #expect(try ring.reloadIfChanged())
        #expect(try ring.current(for: .ES256).kid != es256.kid)
        #expect(try ring.current(for: .EdDSA) === edDSA)
        #expect(ring.verificationKey(kid: es256.kid) == es256.publicJWK)
        #expect(try !ring.reloadIfChanged())
        try folder.retire(es256.kid)
        #expect(try ring.reloadIfChanged())
        #expect(ring.verificationKey(kid: es256.kid) == nil)
        #expect(!ring.published.keys.contains { $0.kid == es256.kid })
    }

    @Test func `stays as it was when the folder has become unreadable`() throws {
        let ring = try KeyRing(folder: folder)
        let key = try ring.current(for: .ES256)
        try TemporaryFolder.write(folder.path + "/keyring.json", utf8("{"))
        #expect(throws: KeyFolderError.self) { try ring.reloadIfChanged() }
        #expect(try ring.current(for: .ES256) === key)
        try FileManager.default.removeItem(atPath: folder.path + "/keyring.json")
        #expect(throws: KeyFolderError.self) { try ring.reloadIfChanged() }
        #expect(try ring.current(for: .ES256) === key)
    }

    @Test func `loads while another process rotates, and always has a key that signs`() async throws {
        let ring = try KeyRing(folder: folder)
        let folder = folder
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for _ in 0..<10 {
                    try folder.rotate(.ES256, now: noon, overlap: 0)
                    for due in try folder.dueForRemoval(now: noon) { try folder.retire(due.kid) }
                }
            }
            group.addTask {
                for _ in 0..<80 {
                    try ring.reloadIfChanged()
                    let key = try ring.current(for: .ES256)
                    let signature = try key.sign([1])
                    #expect(key.publicJWK.verify(signature: signature, message: [1], algorithm: .ES256))
                    await Task.yield()
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `in memory holds what it was given`() throws {
        let keys = try [SigningKey.generate(.ES256), SigningKey.generate(.ES256)]
        let ring = KeyRing(keys: [(keys[0], .retiring), (keys[1], .current)])
        #expect(try ring.current(for: .ES256) === keys[1])
        #expect(ring.published.keys.count == 2)
        #expect(ring.verificationKey(kid: keys[0].kid) == keys[0].publicJWK)
        #expect(try !ring.reloadIfChanged())
    }

    @Test func `and its keys print no private number`() throws {
        let key = try SigningKey(jwk: PublishedKeys.p256, algorithm: .ES256, kid: "k")
        var dumped = ""
        dump(key, to: &dumped)
        dump([key], to: &dumped)
        #expect("\(key)" == "SigningKey(k, ES256)")
        #expect(!dumped.contains("jpsQ"))
        #expect(!dumped.contains("native"))
    }
}
