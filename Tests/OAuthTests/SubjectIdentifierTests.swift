import Cryptography
import OAuth
import Testing

@Suite struct `Subjects of people` {
    private let subjects = SubjectIdentifiers(key: Secret([UInt8](repeating: 7, count: 32)))

    private func client(_ id: String, _ members: [String: JSON]) throws -> Client {
        var server = try Example.capabilities()
        server.subjectTypes = [.public, .pairwise]
        var object = JSONObject()
        object["redirect_uris"] = [.string(Example.callback)]
        object["subject_type"] = "pairwise"
        for (name, value) in members { object[name] = value.isNull ? nil : value }
        let policy = ClientRegistrationPolicy(capabilities: server, origin: .administrator)
        return Client(id: ClientID(trusted: id), metadata: try ClientMetadata(.object(object), policy: policy))
    }

    @Test func `are the account's own for a public client`() throws {
        #expect(subjects.subject("p-1", for: try Example.client()).value == "p-1")
    }

    @Test func `are one for each sector, the same each time, and lead back to nobody (OpenID Connect Core §8.1)`()
        throws
    {
        let one = try client("one", [:])
        let first = subjects.subject("p-1", for: one)
        #expect(first == subjects.subject("p-1", for: one))
        #expect(first != subjects.subject("p-2", for: one))
        #expect(first.value.utf8.count == 43 && !first.value.contains("p-1"))
        let sister = try client("two", ["redirect_uris": ["https://RP.example.cn/other"]])
        #expect(subjects.subject("p-1", for: sister) == first)
        let stranger = try client("three", ["redirect_uris": ["https://other.example.cn/cb"]])
        #expect(subjects.subject("p-1", for: stranger) != first)
        let otherKey = SubjectIdentifiers(key: Secret([UInt8](repeating: 8, count: 32)))
        #expect(otherKey.subject("p-1", for: one) != first)
    }

    @Test func `follow the sector identifier and not the redirect URIs where there is one`() throws {
        let members: [String: JSON] = [
            "redirect_uris": ["https://a.cn/cb", "https://b.cn/cb"], "sector_identifier_uri": "https://Group.cn/list",
        ]
        let one = try client("one", members)
        #expect(one.sector == "group.cn")
        let other = try client("two", ["sector_identifier_uri": "https://group.cn/another"])
        #expect(subjects.subject("p-1", for: one) == subjects.subject("p-1", for: other))
    }

    @Test func `are a client's alone where nothing names a sector`() throws {
        let members: [String: JSON] = ["redirect_uris": nil, "grant_types": ["client_credentials"]]
        #expect(try client("one", members).sector == "client:one")
        #expect(
            try subjects.subject("p-1", for: client("one", members))
                != subjects.subject("p-1", for: client("two", members))
        )
    }

    @Test(
        arguments: [
            (#"["https://rp.example.cn/cb"]"#, true), (#"["https://x.cn/", "https://rp.example.cn/cb"]"#, true),
            ("[]", false), (#"["https://rp.example.cn/cb/"]"#, false), (#"["https://rp.example.cn/CB"]"#, false),
            (#"{"redirect_uris":["https://rp.example.cn/cb"]}"#, false), (#"[["https://rp.example.cn/cb"]]"#, false),
            ("", false), (#"["https://rp.example.cn/cb", 1]"#, false), ("<html>", false),
        ]
    )
    func `need a sector document that lists every redirect URI`(document: String, isRight: Bool) throws {
        let metadata = try client("one", [:]).metadata
        if isRight {
            try metadata.requireSector(Array(document.utf8))
        } else {
            #expect(throws: ClientMetadataError.self) { try metadata.requireSector(Array(document.utf8)) }
        }
    }
}
