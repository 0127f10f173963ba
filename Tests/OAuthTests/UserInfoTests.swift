import Cryptography
import OAuth
import Testing

@Suite struct `Released claims` {
    private let known: JSONObject = {
        var object = JSONObject()
        for (name, value) in [
            ("name", "张三"), ("gender", "male"), ("email", "a@b.cn"), ("email_verified", true),
            ("phone_number", "+86139"),
            ("phone_number_verified", true), ("address", ["region": "北京"]), ("real_name", "张三"), ("id_number", "1101"),
            ("id_type", "resident_id"), ("picture", nil), ("password_hash", "x"), ("sub", "evil"),
        ] as [(String, JSON)] { object[name] = value }
        return object
    }()

    private func response(
        _ scope: Scope,
        claims: String? = nil,
        client: Client? = nil
    ) throws -> [String] {
        let body = try UserInfo.response(
            subject: Subject("s1"),
            scope: scope,
            claims: ClaimsRequest(parsing: claims ?? "{}"),
            client: client ?? Example.client(),
            known: known
        )
        #expect(body["sub"] == "s1")
        return body.names
    }

    private func entitled(_ claims: JSON) throws -> Client {
        try Example.client(["scope": "openid profile realname", "realname_claims": claims])
    }

    @Test func `a scope stands for its claims, as far as they are known (OpenID Connect Core §5.4)`() throws {
        #expect(try response(["openid"]) == ["sub"])
        #expect(try response(["openid", "profile"]) == ["sub", "name", "gender"])
        #expect(try response(["openid", "email", "phone"]).count == 5)
        #expect(try response(["openid", "address"]) == ["sub", "address"])
    }

    @Test func `identity data goes only to a client entitled to it by name`() throws {
        #expect(try response(["openid", "realname"]) == ["sub"])
        #expect(try response(["openid", "realname"], client: entitled(["real_name"])) == ["sub", "real_name"])
        let both = try entitled(["real_name", "id_number"])
        #expect(try response(["openid", "realname"], client: both) == ["sub", "real_name", "id_number"])
        #expect(try response(["openid", "profile"], client: both) == ["sub", "name", "gender"])
        #expect(try response(["openid"], claims: #"{"userinfo":{"id_type":null}}"#, client: both) == ["sub"])
        #expect(
            try response(["openid"], claims: #"{"userinfo":{"id_number":null}}"#, client: both) == ["sub", "id_number"]
        )
    }

    @Test func `an entitlement without the scope is none`() throws {
        var client = try entitled(["real_name"])
        client.metadata.scope = ["openid", "profile"]
        #expect(try response(["openid", "realname"], client: client) == ["sub"])
    }

    @Test func `claims asked for one by one are given, by value only with that value (OpenID Connect Core §5.5.1)`()
        throws
    {
        #expect(try response(["openid"], claims: #"{"userinfo":{"email":{"essential":true}}}"#) == ["sub", "email"])
        #expect(try response(["openid"], claims: #"{"userinfo":{"email":{"value":"a@b.cn"}}}"#) == ["sub", "email"])
        #expect(try response(["openid"], claims: #"{"userinfo":{"email":{"value":"x@b.cn"}}}"#) == ["sub"])
        #expect(try response(["openid"], claims: #"{"id_token":{"email":null}}"#) == ["sub"])
        #expect(try response(["openid"], claims: #"{"userinfo":{"password_hash":null,"sub":null}}"#) == ["sub"])
    }

    @Test func `a claim of a scope the client may not ask for is not given`() throws {
        let client = try Example.client(["scope": "openid profile"])
        #expect(try response(["openid", "email"], client: client) == ["sub"])
        #expect(try response(["openid"], claims: #"{"userinfo":{"email":null}}"#, client: client) == ["sub"])
    }

    @Test func `the ID token carries scope claims only where no access token comes (OpenID Connect Core §5.4)`() throws
    {
        func names(_ type: ResponseType, _ claims: String) throws -> [String] {
            try UserInfo.idTokenClaims(
                scope: ["openid", "email"],
                responseType: type,
                claims: ClaimsRequest(parsing: claims),
                client: Example.client(),
                known: known
            ).names
        }
        #expect(try names(.code, "{}") == [])
        #expect(try names(.codeIDToken, "{}") == [])
        #expect(try names(.idToken, "{}") == ["email", "email_verified"])
        #expect(try names(.code, #"{"id_token":{"name":null}}"#) == ["name"])
    }
}
