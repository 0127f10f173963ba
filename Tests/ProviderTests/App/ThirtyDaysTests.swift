import Cryptography
import FoundationEssentials
import HTTPTypes
import OAuth
import Postgres
import Testing

@testable import Provider

/// What the store holds after a month is what it held after a week: everything that passes is forgotten, by DROP and never by DELETE, and
/// nothing that lives is forgotten.
@Suite struct `A month of traffic` {
    /// So that a fortnight shows what a month of production does.
    private static let settings = [
        "CITYGATE_LIFETIMES_AUTHORIZATION_CODE": "10m", "CITYGATE_LIFETIMES_PUSHED_AUTHORIZATION": "10m",
        "CITYGATE_LIFETIMES_SESSION_ABSOLUTE": "3d", "CITYGATE_LIFETIMES_REFRESH_TOKEN": "5d",
        "CITYGATE_MINI_PROGRAM_SESSION": "3d", "CITYGATE_MINI_PROGRAM_REFRESH_TOKEN": "2d",
    ].merging(TestPhone.settings) { $1 }
    private static let opaque = TestRequest(clientID: "sandbox-opaque", scope: "openid offline_access")

    /// One table, with what lies in it by day.
    private struct Count {
        let rows: Int
        let partitions: Int
    }

    private func counts(_ server: TestServer) async throws -> [String: Count] {
        var counts: [String: Count] = [:]
        for table in Partitions.tables {
            // A family keeps its spent tokens as long as it lives: the one that lives all month is left out.
            let condition: SQL =
                table.name == "refresh_token"
                ? "grant_id NOT IN (SELECT id FROM authorization_grant WHERE client_id = 'keeper')" : "true"
            counts[table.name] = Count(
                rows: try await server.count("SELECT count(*) FROM \(raw: table.name) WHERE \(sql: condition)"),
                partitions: try await server.count(
                    "SELECT count(*) FROM pg_inherits WHERE inhparent = \(table.name)::regclass"
                )
            )
        }
        return counts
    }

    /// Time passes, and only housekeeping makes and drops partitions.
    private func pass(seconds: Double, _ server: TestServer) async throws {
        _ = try await server.sandbox.sandboxClock.advance(seconds: seconds)
        try await server.rooms.clock.refresh()
        await server.rooms.housekeeping(TestServer.quietLogger).round()
    }

    /// A DELETE on any table that passes ends with an error, from whomever it comes.
    private func forbidDeletion(_ server: TestServer) async throws {
        try await server.rooms.database.execute(
            """
            CREATE FUNCTION nothing_is_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'a row was deleted'; END $$
            """
        )
        for table in Partitions.tables {
            try await server.rooms.database.execute(
                """
                CREATE TRIGGER nothing_is_deleted BEFORE DELETE ON \(raw: table.name)
                FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_deleted()
                """
            )
        }
    }

    // MARK: One day

    /// What was begun in the evening and lives past midnight.
    private struct Evening {
        let browser: TestBrowser
        let tokens: TestTokens
        let code: String
        let pushed: String
        let waiting: String
        let device: TestDevice
        let captcha: String
    }

    /// Two minutes to midnight: something in every table.
    private func evening(_ server: TestServer) async throws -> Evening {
        let browser = server.browser()
        let answer = try await browser.authorize(Self.opaque, server: server)
        let tokens = try TestTokens(
            try await server.post(
                "/oauth2/token",
                Self.opaque.exchange(try #require(answer.redirected("code"), "\(answer.status)")),
                basic: server.basic("sandbox-opaque")
            )
        )
        let pushed = try #require(
            try await server.push(TestRequest(clientID: "sandbox-par")).json["request_uri"]?.string
        )
        let waiting = try await server.browser().get(TestRequest().path)
        // Used up: a proof, an assertion, a revoked token, a device's code, a try at a password and one at a user code.
        let fields = [("grant_type", "client_credentials")]
        let service = try server.basic("sandbox-service")
        let proof = try server.proof(by: TestProver())
        #expect(try await server.post("/oauth2/token", fields, basic: service, headers: proof).status == .ok)
        let secret = try #require(try server.ready("sandbox-secret-jwt").secret?.reveal())
        let assertion = server.assertion("sandbox-secret-jwt").authenticated(by: secret)
        #expect(try await server.clientCredentials(assertion).error == "unauthorized_client")
        #expect(try await server.revoke(server.serviceToken(), by: "sandbox-service").status == .ok)
        let fetched = try await server.device()
        _ = try await browser.decide("allow", on: browser.reachQuestion(fetched.userCode, server: server))
        #expect(try await server.poll(fetched).status == .ok)
        _ = try await server.browser().enter("BCDF-GHJK")
        let login = try await server.browser().get("/login")
        _ = try await server.browser().logIn(on: login, server: server, password: "Wrong-2026")
        try await logOutSomebody(server)
        try await askForACode(server)
        _ = try await server.registrationToken()
        let phone = try await TestPhone(server)
        let picture = try TestPicture(try await server.browser().get("/login"))
        let once: HTTPFields = [.idempotencyKey: "an evening's scan"]
        _ = try await phone.post("qr/scan", ["text": .string(picture.text)], headers: once)
        return Evening(
            browser: browser,
            tokens: tokens,
            code: try await server.code(),
            pushed: pushed,
            waiting: try #require(waiting.hidden("transaction")),
            device: try await server.device(),
            captcha: try #require(login.hidden("captcha_id"))
        )
    }

    /// A code by SMS to a phone without an account, and the registration that it leads to.
    private func askForACode(_ server: TestServer) async throws {
        let codes = try #require(server.rooms.smsCodes)
        let browser = BrowserIdentity(presented: nil)
        guard case .sent = try await codes.request(try await codes.ask("13900000017", browser: browser))
        else { throw TestFault("no code was sent") }
        _ = try await server.rooms.journeys.beginRegistration(phone: "13900000017", browser: browser)
    }

    /// A session that ends, and a relying party to be told.
    private func logOutSomebody(_ server: TestServer) async throws {
        let browser = server.browser()
        _ = try await browser.authorize(TestRequest(clientID: "listener"), server: server, account: "lisi_2026")
        try await browser.logOut()
    }

    /// Two minutes past midnight, after the round: what lives is there.
    private func morning(_ evening: Evening, _ server: TestServer) async throws {
        #expect(try await server.get("/oauth2/userinfo", bearer: evening.tokens.access).status == .ok)
        let redeemed = try await server.post(
            "/oauth2/token",
            TestRequest().exchange(evening.code),
            basic: server.basic()
        )
        #expect(redeemed.status == .ok, "\(redeemed.body)")
        let path = TestServer.path(evening.pushed, client: "sandbox-par")
        #expect(try await server.browser().get(path, following: false).status == .seeOther)
        let pending = "SELECT count(*) FROM pending_authorization WHERE expires_at > instant()" as SQL
        #expect(try await server.count(pending) >= 1)
        #expect(try await server.rooms.captchas.answer(id: evening.captcha) != nil)
        #expect(try await server.poll(evening.device).error == "authorization_pending")
        #expect(try await evening.browser.get("/account", following: false).status == .ok)
    }

    // MARK: The month

    @Test func `leaves what lives, forgets the rest by the day, and stays as large as it was`() async throws {
        try await TestServer.withSMS(Self.settings) { server, _, _ in
            try await server.register(
                "listener",
                [
                    ("grant_types", ["authorization_code"]), ("response_types", ["code"]), ("scope", "openid profile"),
                    ("redirect_uris", ["http://127.0.0.1:9999/callback"]),
                    ("backchannel_logout_uri", "http://127.0.0.1:9/backchannel"),
                ]
            )
            try await server.register(
                "keeper",
                [
                    ("grant_types", ["authorization_code", "refresh_token"]), ("response_types", ["code"]),
                    ("scope", "openid profile offline_access"), ("refresh_token_lifetime", .integer(30 * 86_400)),
                    ("redirect_uris", ["http://127.0.0.1:9999/callback"]), ("token_endpoint_auth_method", "none"),
                ]
            )
            try await forbidDeletion(server)
            // To two minutes before midnight.
            let now = server.rooms.clock.now.timeIntervalSince1970
            try await pass(seconds: 86_400 - 120 - now.truncatingRemainder(dividingBy: 86_400), server)

            let keeper = TestRequest(clientID: "keeper", scope: "openid offline_access")
            let public_ = [("client_id", "keeper")]
            var kept = try TestTokens(
                try await server.post("/oauth2/token", keeper.exchange(server.code(keeper)) + public_)
            )
            var sizes: [[String: Count]] = []
            var browsers: [TestBrowser] = []
            var audited = 0
            for day in 0..<30 {
                let evening = try await evening(server)
                browsers.append(evening.browser)
                try await pass(seconds: 240, server)
                try await morning(evening, server)
                let form = [("grant_type", "refresh_token"), ("refresh_token", kept.refresh)] + public_
                kept = try TestTokens(try await server.post("/oauth2/token", form))
                // The session of two days ago is there, the one of four days ago is over.
                if day >= 2 {
                    #expect(try await browsers[day - 2].get("/account", following: false).status == .ok, "day \(day)")
                }
                if day >= 4 {
                    #expect(try await browsers[day - 4].get("/account", following: false).location == "/login")
                }
                try await pass(seconds: 86_400 - 240, server)
                sizes.append(try await counts(server))
                let rows = try await server.count("SELECT count(*) FROM audit")
                #expect(rows > audited)
                audited = rows
            }
            try await expectBounded(sizes)
            try await expectWhole(server, audited)
        }
    }

    /// From the third week on every table is as large as in the week before, and holds no partition beyond its rule.
    private func expectBounded(_ sizes: [[String: Count]]) async throws {
        for table in Partitions.tables {
            let rows = sizes.map { $0[table.name]?.rows ?? 0 }
            let partitions = sizes.map { $0[table.name]?.partitions ?? 0 }
            let perDay = rows[0]
            #expect(perDay > 0, "nothing was written to \(table.name): an evening here writes something to each table")
            // A partition goes when its last day is past and kept; grants end some days after they began.
            let life = table.endsWithGrants ? 6 : table.name == "session" ? 3 : 0
            #expect(
                rows.max() ?? 0 <= (perDay + 4) * (table.keep + 2 * table.span + life + 1),
                "\(table.name): \(rows)"
            )
            // What an operator makes by hand lies in partitions of a month: a month shows no more of it.
            guard table.span <= 7 else { continue }
            let late = rows[23...].max() ?? 0
            let before = rows[16..<23].max() ?? 0
            #expect(late <= before + perDay, "\(table.name) grows: \(rows)")
            #expect(partitions[29] <= partitions[20] + 1, "\(table.name) gathers partitions: \(partitions)")
        }
    }

    /// The audit log alone keeps everything, in one unbroken row of numbers.
    private func expectWhole(_ server: TestServer, _ audited: Int) async throws {
        let first = try await server.count(
            "SELECT count(*) FROM audit WHERE at < (SELECT min(at) FROM audit) + interval '1 day'"
        )
        #expect(first > 10)
        let days = try await server.count(
            "SELECT count(DISTINCT date_trunc('day', at)) FROM audit WHERE event = 'session.started'"
        )
        #expect(days >= 30)
        #expect(audited > 30 * 10)
        await #expect(throws: PostgresError.self) {
            try await server.rooms.database.execute("DELETE FROM audit")
        }
    }
}
