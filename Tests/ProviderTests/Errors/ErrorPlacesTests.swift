import Cryptography
import Foundation
import HTTPTypes
import OAuth
import Postgres
import Testing

@testable import Provider

/// Every code that the specifications name, provoked where it belongs. The switch has a branch for each: a code that is added later does not
/// compile until somebody says here how a client comes to hear it, or why none does.
@Suite struct `Errors of the specifications` {
    typealias Code = OAuthError.Code

    /// How a code is met.
    enum Reach: Sendable {
        case provoked([Provocation])
        /// Decided by a rule that no setting of this server reaches today.
        case decided(@Sendable () throws -> OAuthError.Code?)
        /// Never said, for this reason.
        case silent(String)
    }

    static func reach(of code: Code) -> Reach {
        switch code {
        case .invalidRequest: .provoked(invalidRequest)
        case .unauthorizedClient, .accessDenied, .unsupportedResponseType, .invalidScope, .invalidTarget:
            .provoked(refusals(code))
        case .invalidClient: .provoked(invalidClient)
        case .invalidGrant, .unsupportedGrantType: .provoked(grants(code))
        case .invalidToken, .insufficientScope: .provoked(resources(code))
        case .serverError, .temporarilyUnavailable: .provoked(troubles(code))
        case .invalidRedirectURI, .invalidClientMetadata, .invalidSoftwareStatement, .unapprovedSoftwareStatement:
            .provoked(registrations(code))
        case .authorizationPending, .slowDown, .expiredToken: .provoked(polls(code))
        case .invalidRequestURI, .requestNotSupported, .requestURINotSupported, .registrationNotSupported:
            .provoked(references(code))
        case .invalidDPoPProof, .useDPoPNonce: .provoked(proofs(code))
        case .loginRequired, .consentRequired, .unmetAuthenticationRequirements: .provoked(silently(code))
        case .interactionRequired: .decided { try Self.decision(.l1, ["acr_values": "urn:citygate:acr:L3"]) }
        case .accountSelectionRequired:
            .silent("prompt none stands alone (OpenID Connect Core §3.1.2.1), and a browser holds one session")
        case .unsupportedTokenType: .silent("both kinds of token can be revoked")
        case .invalidRequestObject: .silent("request objects are not taken: request_not_supported says so")
        case .insufficientUserAuthentication: .silent("userinfo asks for no level; services say it for themselves")
        }
    }

    @Test func `each is heard at its place, with its status, and stored by nobody`() async throws {
        try await TestServer.with { server in
            let stage = try await Stage(server)
            var heard: Set<Code> = []
            for code in Code.allCases {
                switch Self.reach(of: code) {
                case .provoked(let provocations):
                    for provocation in provocations where !provocation.isLast {
                        provocation.check(try await provocation.run(stage), code)
                        heard.insert(code)
                    }
                case .decided(let rule):
                    #expect(try rule() == code)
                    heard.insert(code)
                case .silent: break
                }
            }
            #expect(heard.count == Code.allCases.count - 4 - 2)
        }
    }

    @Test(arguments: [Code.serverError, .temporarilyUnavailable])
    func `trouble inside is told as such, and no cause of it`(code: Code) async throws {
        guard case .provoked(let provocations) = Self.reach(of: code) else { return }
        for provocation in provocations {
            try await TestServer.with { server in
                let answer = try await provocation.run(try await Stage(server))
                provocation.check(answer, code)
                for word in ["one_time", "consent\"", "relation", "SELECT"] { #expect(!answer.body.contains(word)) }
            }
        }
    }

    @Test func `a code that is called silent is not said anywhere`() throws {
        let sources = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Sources").standardizedFileURL
        let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)?.compactMap {
            $0 as? URL
        }
        let texts = try (files ?? []).filter { $0.pathExtension == "swift" }.map {
            try String(contentsOf: $0, encoding: .utf8)
        }
        #expect(texts.count > 100)
        for code in Code.allCases {
            guard case .silent(let why) = Self.reach(of: code) else { continue }
            // The rule stands there, behind a condition that the checks of a request shut out.
            let allowed = code == .accountSelectionRequired ? 1 : 0
            let found = texts.count { $0.contains("OAuthError(.\(code),") }
            #expect(found == allowed, "\(code.rawValue): \(why)")
        }
    }
}

/// A server with a browser that is signed in and has agreed, and tokens of that login.
struct Stage: Sendable {
    let server: TestServer
    let browser: TestBrowser
    let tokens: TestTokens

    init(_ server: TestServer) async throws {
        self.server = server
        browser = server.browser()
        let request = TestRequest()
        let code = try #require(try await browser.authorize(request, server: server).redirected("code"))
        tokens = try TestTokens(
            try await server.post("/oauth2/token", request.exchange(code), basic: server.basic())
        )
    }

    /// An authorization request of the signed-in browser.
    func authorize(_ more: [(String, String)], client: String = "sandbox-basic") async throws -> TestAnswer {
        try await browser.get(TestRequest(clientID: client, more: more).path)
    }

    /// A form of a client that authenticates.
    func post(_ path: String, _ fields: [(String, String)], by client: String = "sandbox-basic") async throws
        -> TestAnswer
    {
        try await server.post(path, fields, basic: server.basic(client))
    }
}

/// One way to hear a code.
struct Provocation: Sendable {
    enum Place: Sendable, Equatable {
        /// Back at the client, by the browser.
        case redirect
        /// On our own page.
        case page(Int)
        /// As JSON.
        case json(Int)
        /// As JSON and in the challenge of a protected resource.
        case challenge(Int)
    }

    let place: Place
    let words: String
    /// Leaves the server unfit for others.
    var isLast = false
    let run: @Sendable (Stage) async throws -> TestAnswer

    init(
        _ place: Place,
        _ words: String,
        isLast: Bool = false,
        _ run: @escaping @Sendable (Stage) async throws -> TestAnswer
    ) {
        self.place = place
        self.words = words
        self.isLast = isLast
        self.run = run
    }

    func check(_ answer: TestAnswer, _ code: OAuthError.Code) {
        let comment: Comment = "\(code.rawValue), \(words): \(answer.status.code) \(answer.location ?? answer.body)"
        switch place {
        case .redirect:
            #expect(answer.redirected("error") == code.rawValue, comment)
            #expect(answer.location?.hasPrefix("http://127.0.0.1:9999/callback") == true, comment)
            #expect(answer.redirected("state") == "s1" && answer.redirected("iss") == TestServer.issuer, comment)
        case .page(let status):
            #expect(answer.status.code == status && answer.body.contains("data-page=\"error\""), comment)
            #expect(answer.location == nil && answer.body.contains(code.rawValue), comment)
        case .json(let status):
            #expect(answer.status.code == status && answer.error == code.rawValue, comment)
            #expect(answer.headers[.contentType] == "application/json", comment)
            // RFC 6749 §5.2.
            if code == .invalidClient {
                #expect(answer.headers[.wwwAuthenticate]?.hasPrefix("Basic ") == true, comment)
            }
        case .challenge(let status):
            #expect(answer.status.code == status && answer.error == code.rawValue, comment)
            let challenge = answer.headers[.wwwAuthenticate] ?? ""
            #expect(challenge.contains("error=\"\(code.rawValue)\""), comment)
        }
        #expect(answer.headers[.cacheControl] == "no-store", comment)
    }
}
