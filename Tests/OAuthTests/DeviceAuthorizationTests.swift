import Cryptography
import FoundationEssentials
import Testing

@testable import OAuth

@Suite struct `User codes` {
    @Test(arguments: [
        "WDJB-MJHT", "wdjbmjht", " wdjb mjht ", "WDJB—MJHT", "W D J B M J H T", "ＷＤＪＢ－ＭＪＨＴ", "ｗｄｊｂ　ｍｊｈｔ",
        "w.d_j·b‐mjht",
    ])
    func `what is typed counts by its letters alone (RFC 8628 §6.1)`(typed: String) {
        #expect(UserCode(typed: typed)?.shown == "WDJB-MJHT")
    }

    @Test(arguments: [
        "", "WDJB-MJH", "WDJB-MJHTT", "WDJA-MJHT", "WDJ0-MJHT", "WDJB\u{301}-MJHT", "ＷＤＪＢ－ＭＪＨA", "WDJB+MJHT",
        "WDJB-MJHT" + String(repeating: " ", count: 64), "\u{0}WDJB-MJHT",
    ])
    func `anything else is no code`(typed: String) {
        #expect(UserCode(typed: typed) == nil)
    }

    @Test
    func `random bytes make letters of the alphabet, each as likely as the other, and none from the tail of a byte`() {
        var counts: [Character: Int] = [:]
        for byte in UInt8.min...UInt8.max {
            guard let code = UserCode(random: repeatElement(byte, count: 8)) else {
                #expect(byte >= 240)
                continue
            }
            counts[code.letters.first ?? " ", default: 0] += 1
        }
        #expect(counts.count == 20)
        #expect(Set(counts.values) == [12])
        #expect(counts.keys.allSatisfy { !"AEIOUY0123456789".contains($0) })
        #expect(UserCode(random: [0, 1, 2, 3, 4, 5, 6, 255]) == nil)
        #expect(UserCode(random: [255, 0, 0, 0, 0, 0, 0, 0, 0])?.shown == "BBBB-BBBB")
    }
}

@Suite struct `Device authorization requests` {
    private func client(_ change: (inout ClientMetadata) -> Void = { _ in }) -> Client {
        var metadata = ClientMetadata()
        metadata.grantTypes = [.deviceCode, .refreshToken]
        metadata.responseTypes = []
        metadata.scope = ["openid", "profile", "offline_access"]
        metadata.resources = ["https://api.example/"]
        change(&metadata)
        return Client(id: ClientID(trusted: "tv"), metadata: metadata)
    }

    private func capabilities(_ grants: [GrantType] = [.deviceCode, .refreshToken]) throws -> ProviderCapabilities {
        var capabilities = try Example.capabilities()
        capabilities.grantTypes = grants
        return capabilities
    }

    private func fault(_ query: String, _ client: Client, _ grants: [GrantType] = [.deviceCode]) throws -> OAuthError
        .Code?
    {
        do {
            _ = try DeviceAuthorizationRequest(
                Parameters(query: query),
                client: client,
                capabilities: try capabilities(grants)
            )
            return nil
        } catch let error as OAuthError {
            return error.code
        }
    }

    @Test(arguments: [
        ("scope=openid&scope=openid", OAuthError.Code.invalidRequest), ("client_id=tv", .invalidScope),
        ("scope=", .invalidScope), ("scope=nonsense", .invalidScope), ("scope=openid%20%22", .invalidScope),
        ("scope=openid%20email", .invalidScope), ("scope=openid&resource=https://other.example/", .invalidTarget),
        ("scope=openid&resource=nonsense", .invalidTarget), ("scope=openid&acr_values=a&acr_values=b", .invalidRequest),
    ])
    func `the first check that fails decides the error`(query: String, code: OAuthError.Code) throws {
        #expect(try fault(query, client()) == code)
    }

    @Test func `a client that is not registered for the grant is refused, and every client where the grant is off`()
        throws
    {
        #expect(try fault("scope=openid", client { $0.grantTypes = [.authorizationCode] }) == .unauthorizedClient)
        #expect(try fault("scope=openid", client(), [.authorizationCode]) == .unauthorizedClient)
        #expect(try fault("scope=openid", client()) == nil)
    }

    @Test func `what is kept is what was taken, and reads the same again`() throws {
        let query =
            "client_id=tv&client_secret=s&scope=profile%20foo%20openid&resource=https%3A%2F%2Fapi.example%2F&acr_values=x"
        let asked = try DeviceAuthorizationRequest(
            Parameters(query: query),
            client: client(),
            capabilities: try capabilities()
        )
        #expect(asked.scope == ["profile", "openid"])
        #expect(
            asked.parameters.encoded == "scope=profile%20openid&resource=https%3A%2F%2Fapi.example%2F&acr_values=x"
                || asked.parameters.encoded == "scope=profile+openid&resource=https%3A%2F%2Fapi.example%2F&acr_values=x"
        )
        let again = try DeviceAuthorizationRequest(asked.parameters, client: client(), capabilities: try capabilities())
        #expect(again.scope == asked.scope && again.resources == asked.resources && again.assurance == asked.assurance)
    }

    @Test func `offline access is ignored where the client takes no refresh tokens`() throws {
        let query = "scope=openid%20offline_access"
        func wants(_ client: Client) throws -> Bool {
            try DeviceAuthorizationRequest(Parameters(query: query), client: client, capabilities: try capabilities())
                .wantsRefreshToken
        }
        #expect(try wants(client()))
        #expect(try !wants(client { $0.grantTypes = [.deviceCode] }))
    }

    private let now = Date(timeIntervalSince1970: 1_800_000_000)

    private func step(_ client: Client, level: AssuranceLevel?, age: Double = 60) throws
        -> DeviceAuthorizationRequest.Step
    {
        let asked = try DeviceAuthorizationRequest(
            Parameters(query: "scope=openid"),
            client: client,
            capabilities: try capabilities()
        )
        let session = level.map {
            SignedInSession(
                subject: Subject("s"),
                authentication: AuthenticationContext(
                    time: now.addingTimeInterval(-age),
                    level: $0,
                    methods: [.password]
                )
            )
        }
        return asked.step(for: session, enteredAt: now.addingTimeInterval(-30), now: now)
    }

    @Test func `nobody, or a login older than the client takes, leads to the login page; a fresh one to the question`()
        throws
    {
        #expect(try step(client(), level: nil) == .signIn)
        #expect(try step(client { $0.defaultMaxAge = 59 }, level: .l1) == .signIn)
        #expect(try step(client { $0.defaultMaxAge = 0 }, level: .l1) == .signIn)
        for change: @Sendable (inout ClientMetadata) -> Void in [
            { $0.defaultMaxAge = 61 }, { $0.defaultMaxAge = nil },
        ] {
            guard case .confirm(let context) = try step(client(change), level: .l2) else {
                Issue.record("not asked")
                return
            }
            #expect(context.level == .l2)
        }
        // A login after the code was entered is fresh, whatever the clock says of its age.
        guard case .confirm = try step(client { $0.defaultMaxAge = 0 }, level: .l1, age: 10) else {
            Issue.record("asked again")
            return
        }
    }

    @Test func `below the client's level nothing is given; a wish for a level is only a wish`() throws {
        #expect(try step(client { $0.minimumACR = .l2 }, level: .l1) == .refuse(lacking: .l2))
        guard case .confirm(let context) = try step(client { $0.defaultACRValues = [.l3] }, level: .l1) else {
            Issue.record("refused")
            return
        }
        #expect(context.level == .l1)
    }
}

@Suite struct `Device codes, as a poll finds them` {
    @Test(arguments: DeviceCodeStatus.State.allCases)
    func `final states answer before the clock, the clock before haste`(state: DeviceCodeStatus.State) {
        for isExpired in [false, true] {
            for isHasty in [false, true] {
                let error = DeviceCodeStatus(state: state, isExpired: isExpired, isHasty: isHasty).error.code
                switch state {
                case .redeemed: #expect(error == .invalidGrant)
                case .denied: #expect(error == .accessDenied)
                case .pending, .approved:
                    #expect(error == (isExpired ? .expiredToken : isHasty ? .slowDown : .authorizationPending))
                }
            }
        }
    }

    @Test func `states lead forward only, and nothing leads out of the final ones`() {
        #expect(DeviceCodeStatus.State.pending.mayBecome == [.approved, .denied])
        #expect(DeviceCodeStatus.State.approved.mayBecome == [.redeemed])
        #expect(DeviceCodeStatus.State.denied.mayBecome.isEmpty && DeviceCodeStatus.State.redeemed.mayBecome.isEmpty)
    }

    @Test func `the answer to a device is that of RFC 8628 §3.2`() throws {
        let code = try #require(UserCode(typed: "WDJBMJHT"))
        let response = DeviceAuthorizationResponse(
            deviceCode: Secret("d"),
            userCode: code,
            verificationURI: "https://login.example/device",
            expiresIn: 600,
            interval: 5
        )
        let json = try JSON(parsing: response.body())
        #expect(json["device_code"]?.string == "d")
        #expect(json["user_code"]?.string == "WDJB-MJHT")
        #expect(json["verification_uri"]?.string == "https://login.example/device")
        #expect(json["verification_uri_complete"]?.string == "https://login.example/device?user_code=WDJB-MJHT")
        #expect(json["expires_in"]?.int == 600)
        #expect(json["interval"]?.int == 5)
    }
}
