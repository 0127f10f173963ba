import Cryptography
import Testing

@Suite struct `A secret` {
    struct Holder {
        let name = "holder"
        let secret = Secret("hunter2")
    }

    @Test func `prints as ‹secret› in every way of printing`() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(Holder(), to: &dumped)
        dump(secret, to: &dumped)
        dump([Optional(secret)], to: &dumped)
        let texts = [
            "\(secret)", String(describing: secret), String(reflecting: secret), "\([secret])",
            "\(Optional(secret) as Any)", "\(Holder())", String(reflecting: Holder()), dumped, "\(OpaqueToken())",
        ]
        for text in texts {
            #expect(!text.contains("hunter2"))
            #expect(text.contains("‹secret›"))
        }
        #expect(Mirror(reflecting: secret).children.isEmpty)
        #expect(secret.reveal() == "hunter2")
    }
}

@Suite struct `An opaque token` {
    @Test func `has 256 random bits as 43 letters unless told otherwise`() {
        #expect(OpaqueToken().value.reveal().utf8.count == 43)
        #expect(OpaqueToken(bytes: 16).value.reveal().utf8.count == 22)
        #expect(OpaqueToken(bytes: 1).value.reveal().utf8.count == 22)
        #expect(Set((0..<500).map { _ in OpaqueToken().value.reveal() }).count == 500)
    }

    @Test func `is stored as a hash that belongs to its type`() {
        let token = OpaqueToken()
        let stored = token.hash(type: "code")
        #expect(stored == OpaqueToken.hash(token.value.reveal(), type: "code"))
        #expect(stored != OpaqueToken.hash(token.value.reveal(), type: "refresh"))
        #expect(OpaqueToken.hash("b", type: "a") != OpaqueToken.hash("", type: "ab"))
        #expect(stored == Digest.sha256(utf8("code") + [0] + utf8(token.value.reveal())))
    }
}
