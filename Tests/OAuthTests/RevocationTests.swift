import OAuth
import Testing

@Suite struct `Revocation` {
    @Test func `a request names one token, and its hint decides nothing (RFC 7009 §2.1)`() throws {
        #expect(try RevocationRequest(Parameters(query: "token=t&token_type_hint=nonsense")).token == "t")
        for query in ["", "token=", "token=a&token=b", "token_type_hint=access_token"] {
            #expect(try Example.refusal { _ = try RevocationRequest(Parameters(query: query)) } == .invalidRequest)
        }
    }
}
