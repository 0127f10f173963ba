import Cryptography
import FoundationEssentials
import Testing

@testable import Provider

@Suite struct `Sealed personal fields` {
    private let index = Secret([UInt8](repeating: 9, count: 32))
    private func kek(_ byte: UInt8) -> Secret<[UInt8]> { Secret([UInt8](repeating: byte, count: 32)) }
    private var vault: FieldVault { FieldVault(kek: [1: kek(1)], index: index) }
    private let account = AccountID(UUID())

    @Test func `a field opens under its own key and shows nothing before`() throws {
        let (key, version, wrapped) = try vault.newKey(for: account)
        let sealed = try vault.seal("13800000001", .phone, key)
        #expect(version == 1)
        #expect(sealed.firstRange(of: Array("138000".utf8)) == nil)
        let opened = try vault.unwrap(wrapped, version: version, for: account)
        #expect(try vault.open(sealed, .phone, opened) == "13800000001")
    }

    @Test func `the same value is sealed to other bytes each time`() throws {
        let (key, _, _) = try vault.newKey(for: account)
        #expect(try vault.seal("张三", .username, key) != vault.seal("张三", .username, key))
    }

    @Test func `a field moved to another column or another account does not open (trust.md T23)`() throws {
        let (key, version, wrapped) = try vault.newKey(for: account)
        let sealed = try vault.seal("13800000001", .phone, key)
        #expect(throws: (any Error).self) { try vault.open(sealed, .username, key) }
        let other = try vault.newKey(for: AccountID(UUID())).key
        #expect(throws: (any Error).self) { try vault.open(sealed, .phone, other) }
        let moved = FieldVault.DataKey(account: AccountID(UUID()), bytes: key.bytes)
        #expect(throws: (any Error).self) { try vault.open(sealed, .phone, moved) }
        #expect(throws: (any Error).self) { try vault.unwrap(wrapped, version: version, for: AccountID(UUID())) }
    }

    @Test func `every altered byte is noticed`() throws {
        let (key, _, wrapped) = try vault.newKey(for: account)
        let sealed = try vault.seal("x", .email, key)
        for place in sealed.indices {
            var altered = sealed
            altered[place] ^= 1
            #expect(throws: (any Error).self) { try vault.open(altered, .email, key) }
        }
        var altered = wrapped
        altered[altered.count - 1] ^= 1
        #expect(throws: (any Error).self) { try vault.unwrap(altered, version: 1, for: account) }
    }

    @Test func `a newer key wraps what is new, and the old one still opens what was`() throws {
        let (_, _, wrapped) = try vault.newKey(for: account)
        let newer = FieldVault(kek: [1: kek(1), 2: kek(2)], index: index)
        #expect(try newer.newKey(for: account).version == 2)
        _ = try newer.unwrap(wrapped, version: 1, for: account)
        let lost = FieldVault(kek: [2: kek(2)], index: index)
        #expect(throws: FieldVault.Unreadable.self) { try lost.unwrap(wrapped, version: 1, for: account) }
    }

    @Test func `a blind index follows value, field and key, and nothing else`() {
        let one = vault.index("13800000001", .phone)
        #expect(one == FieldVault(kek: [7: kek(7)], index: index).index("13800000001", .phone))
        #expect(one != vault.index("13800000002", .phone))
        #expect(one != vault.index("13800000001", .username))
        #expect(one != FieldVault(kek: [1: kek(1)], index: kek(3)).index("13800000001", .phone))
        #expect(one != Digest.sha256(Array("13800000001".utf8)))
    }
}
