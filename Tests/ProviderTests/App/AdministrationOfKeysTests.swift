import Cryptography
import FoundationEssentials
import Testing

@testable import Provider

@Suite struct `The administration of keys` {
    @Test func `makes a folder once, then single keys, rotates and retires`() throws {
        try withFolder { folder in
            var configuration = try Configuration.load(file: nil, environment: [:], mode: .sandbox)
            configuration.keys.folder = "\(folder)/Keys"
            let keys = KeyAdministration(configuration)
            #expect(throws: KeyFolderError.self) { try keys.list() }
            let made = try keys.generate(nil)
            #expect(Set(made.map(\.algorithm)) == Set(SignatureAlgorithm.allCases))
            #expect(throws: StartFault.self) { try keys.generate(nil) }

            let former = try #require(made.first { $0.algorithm == .ES256 && $0.state == .current })
            let now = try #require(try keys.rotate(.ES256).first)
            #expect(now.state == .current && now.kid != former.kid)
            let retiring = try #require(try keys.list().first { $0.kid == former.kid })
            #expect(retiring.state == .retiring)
            // The longest token, and a day.
            let stays = try #require(retiring.retireAt).timeIntervalSinceNow
            #expect(abs(stays - 87_000) < 60)

            let waiting = try #require(try keys.generate(.EdDSA).first)
            #expect(waiting.state == .next)
            #expect(try keys.activate(waiting.kid).state == .current)
            try keys.retire(former.kid)
            #expect(try !keys.list().contains { $0.kid == former.kid })
        }
    }

    @Test func `lets no key sign that relying parties have not seen, save in an emergency`() throws {
        try withFolder { folder in
            var configuration = try Configuration.load(file: nil, environment: [:], mode: .sandbox)
            configuration.keys.folder = "\(folder)/Keys"
            configuration.signing.publishBefore = .seconds(86_400)
            let keys = KeyAdministration(configuration)
            let waiting = try #require(try keys.generate(nil).first { $0.algorithm == .ES256 && $0.state == .next })
            #expect { try keys.activate(waiting.kid) } throws: { Diagnosis($0).kind == .refused }
            #expect { try keys.rotate(nil) } throws: { Diagnosis($0).kind == .refused }
            #expect(try keys.list().first { $0.kid == waiting.kid }?.state == .next)
            #expect(try keys.rotate(.ES256, atOnce: true).map(\.kid) == [waiting.kid])
            configuration.signing.rotateEvery = .seconds(-1)
            #expect(
                KeyAdministration(configuration).isDue(try #require(try keys.list().first { $0.kid == waiting.kid }))
            )
        }
    }

    @Test func `gives operators a sentence and an exit code for what is not so`() throws {
        #expect(Diagnosis(KeyFolderError.unknownKey(kid: "k1")) == Diagnosis(.notFound, "There is no key k1."))
        #expect(Diagnosis(KeyFolderError.lastCurrent(kid: "k1", algorithm: .ES256)).kind == .refused)
        #expect(Diagnosis(PrivatePostgresFault("x")).kind == .dependencyDown)
        #expect(Diagnosis(ConfigurationFaults(faults: [])).kind == .usage)
        struct Odd: Error { let phone = "13800000000" }
        let odd = Diagnosis(Odd())
        #expect(odd.kind == .failed && !odd.sentence.contains("138"))
    }
}
