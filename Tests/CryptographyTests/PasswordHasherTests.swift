import Synchronization
import Testing

@testable import Cryptography

@Suite struct `A password hash` {
    static let cheap = PasswordHasher.Parameters(memory: 64, iterations: 1, lanes: 1) ?? .standard
    static let pepper = Secret([UInt8](repeating: 7, count: 32))

    @Test func `is Argon2id as in RFC 9106 §5.3`() throws {
        let parameters = try #require(PasswordHasher.Parameters(memory: 32, iterations: 3, lanes: 4))
        let work = Argon2id(
            parameters: parameters,
            salt: [UInt8](repeating: 2, count: 16),
            size: 32,
            secret: [UInt8](repeating: 3, count: 8),
            associated: [UInt8](repeating: 4, count: 12)
        )
        #expect(
            Hexadecimal.encode(try work.hash([UInt8](repeating: 1, count: 32)))
                == "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"
        )
    }

    @Test func `by the reference program is accepted, and wants to be made anew`() async throws {
        let record = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
        let hasher = PasswordHasher(peppers: [1: Self.pepper])
        #expect(try await hasher.verify("password", against: record) == .matches(needsRehash: true))
        #expect(try await hasher.verify("passwore", against: record) == .differs)
    }

    @Test func `is salted, names its parameters and its pepper, and matches its password only`() async throws {
        let hasher = PasswordHasher(parameters: Self.cheap, peppers: [12: Self.pepper])
        let first = try await hasher.hash("Passw0rd!密")
        let second = try await hasher.hash("Passw0rd!密")
        #expect(first != second)
        #expect(first.hasPrefix("$argon2id$v=19$m=64,t=1,p=1,keyid=MTI$"))
        let record = try #require(PasswordRecord(first))
        #expect(record.salt.count == 16)
        #expect(record.tag.count == 32)
        #expect(record.text == first)
        #expect(try await hasher.verify("Passw0rd!密", against: first) == .matches(needsRehash: false))
        for wrong in ["", "passw0rd!密", "Passw0rd!", "Passw0rd!密 ", "Passw0rd!密\0"] {
            #expect(try await hasher.verify(wrong, against: first) == .differs)
        }
    }

    @Test func `depends on the pepper, which must be known`() async throws {
        let record = try await PasswordHasher(parameters: Self.cheap, peppers: [1: Self.pepper]).hash("secret")
        let other = PasswordHasher(parameters: Self.cheap, peppers: [1: Secret([UInt8](repeating: 8, count: 32))])
        #expect(try await other.verify("secret", against: record) == .differs)
        let none = PasswordHasher(parameters: Self.cheap, peppers: [2: Self.pepper])
        await #expect(throws: PasswordHasherError.unknownPepper(version: 1)) {
            try await none.verify("secret", against: record)
        }
        let bare = try await PasswordHasher(parameters: Self.cheap, peppers: [:]).hash("secret")
        #expect(!bare.contains("keyid"))
        #expect(try await none.verify("secret", against: bare) == .matches(needsRehash: true))
    }

    @Test func `is wanted anew when memory, passes or the pepper's version have risen, and not when they fell`()
        async throws
    {
        let record = try await PasswordHasher(parameters: Self.cheap, peppers: [1: Self.pepper]).hash("x")
        let cases: [(memory: Int, iterations: Int, peppers: [Int], rehash: Bool)] = [
            (64, 1, [1], false), (65, 1, [1], true), (64, 2, [1], true), (64, 1, [1, 2], true), (32, 1, [1], false),
        ]
        for each in cases {
            let peppers = Dictionary(uniqueKeysWithValues: each.peppers.map { ($0, Self.pepper) })
            let parameters = try #require(
                PasswordHasher.Parameters(memory: each.memory, iterations: each.iterations, lanes: 1)
            )
            let hasher = PasswordHasher(parameters: parameters, peppers: peppers)
            #expect(try await hasher.verify("x", against: record) == .matches(needsRehash: each.rehash))
            #expect(hasher.needsRehash(record) == each.rehash)
        }
    }

    @Test func `of an account that does not exist differs, by way of the same threads and the same queue`() async throws
    {
        let hasher = PasswordHasher(parameters: Self.cheap, peppers: [1: Self.pepper], workers: 1, queueLimit: 0)
        var record: String?
        while record == nil { record = try? await hasher.hash("right") }
        let gate = Gate()
        async let held = hasher.threads.run { () throws(PasswordHasherError) in
            gate.wait()
            return []
        }
        await gate.reached(1)
        await #expect(throws: PasswordHasherError.busy) { try await hasher.verify("right", against: nil) }
        let known = record
        await #expect(throws: PasswordHasherError.busy) { try await hasher.verify("right", against: known) }
        gate.open()
        _ = try await held
        var answer: PasswordHasher.Verification?
        while answer == nil { answer = try? await hasher.verify("right", against: nil) }
        #expect(answer == .differs)
    }

    @Test func `is not computed for a password of more than 1024 bytes`() async throws {
        let hasher = PasswordHasher(parameters: Self.cheap, peppers: [1: Self.pepper])
        let longest = String(repeating: "密", count: 341) + "x"
        let record = try await hasher.hash(longest)
        #expect(try await hasher.verify(longest, against: record) == .matches(needsRehash: false))
        await #expect(throws: PasswordHasherError.passwordTooLong) { try await hasher.hash(longest + "x") }
        await #expect(throws: PasswordHasherError.passwordTooLong) {
            try await hasher.verify(longest + "x", against: record)
        }
        await #expect(throws: PasswordHasherError.passwordTooLong) {
            try await hasher.verify(longest + "x", against: nil)
        }
    }

    @Test(arguments: [
        "", "x", "$argon2id$", "$argon2i$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=16$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$t=1,m=64,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=064,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=+64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=7,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=2000000,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=0,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=65,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=1,p=17$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=1,p=1,keyid=$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=1,p=1,keyid=MDE$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=1,p=1,data=MQ$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=1,p=1,keyid=MQ,data=MQ$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=1,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA",
        "$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAB$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA$",
        " $argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
    ]) func `is refused as a record in any other form`(text: String) async {
        let hasher = PasswordHasher(parameters: Self.cheap, peppers: [:])
        await #expect(throws: PasswordHasherError.malformedRecord) { try await hasher.verify("x", against: text) }
        #expect(hasher.needsRehash(text))
    }
}
