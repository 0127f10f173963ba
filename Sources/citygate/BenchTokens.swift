import Cryptography

/// A client that refreshes: every round uses the token that the round before left.
struct BenchRefresh: BenchScript {
    let client: BenchClient
    private var held: String

    init(_ client: BenchClient, held: String) {
        self.client = client
        self.held = held
    }

    mutating func next(after answer: BenchAnswer?) throws(BenchFault) -> BenchStep {
        guard let answer else {
            return .send(
                .post(
                    "/oauth2/token",
                    // Without openid there is no ID token to sign: what is measured is the rotation and one signature.
                    form: [("grant_type", "refresh_token"), ("refresh_token", held), ("scope", "profile")],
                    headers: [BenchRequest.basic(client.id, client.secret)]
                )
            )
        }
        guard answer.status == 200, let successor = answer.json?["refresh_token"]?.string else {
            throw BenchFault(answer.summary)
        }
        held = successor
        return .finished
    }
}

extension BenchRun {
    /// Services' tokens, and what they and people's tokens are asked about.
    func measureTokens(_ report: inout BenchReport, _ clients: BenchClients, _ server: BenchProcess)
        throws(BenchFault)
    {
        for (client, algorithm, key) in [
            (clients.service, "ES256", "client_credentials"), (clients.rs256, "RS256", "client_credentials_rs256"),
        ] {
            progress("client_credentials, \(algorithm)")
            let tokens = repeated(
                BenchSingle(request: clientCredentials(client), expected: "\"access_token\""),
                connections
            )
            var figure = try measure(key, "client_credentials tokens, \(algorithm)", tokens, on: server)
            let bare = "bare_" + algorithm.lowercased()
            figure.ceilings = [
                .init(key: "bare_post", words: "bare POST", perSecond: report.perSecond("bare_post")),
                .init(key: bare, words: "one thread of \(algorithm)", perSecond: report.perSecond(bare)),
            ]
            report.figures.append(figure)
        }
        try measureQuestions(&report, clients, server)
        try measureRefresh(&report, clients, server)
    }

    private func clientCredentials(_ client: BenchClient) -> BenchRequest {
        .post(
            "/oauth2/token",
            form: [("grant_type", "client_credentials"), ("resource", BenchClients.resource)],
            headers: [BenchRequest.basic(client.id, client.secret)]
        )
    }

    /// Userinfo, and introspection of a person's and of a service's token: what other services ask all day.
    private func measureQuestions(_ report: inout BenchReport, _ clients: BenchClients, _ server: BenchProcess)
        throws(BenchFault)
    {
        var login = BenchPasswordLogin(clients.firstParty, clients.person(captcha: Self.captcha))
        try login.runOnce(port: server.port)
        guard let token = login.accessToken else { throw BenchFault("a login gave no access token") }
        let machine = try BenchSocket.exchange(clientCredentials(clients.service), port: server.port)
        guard let ofService = machine.json?["access_token"]?.string else { throw BenchFault(machine.summary) }
        func introspect(_ token: String, _ client: BenchClient) -> BenchRequest {
            .post(
                "/oauth2/introspect",
                form: [("token", token)],
                headers: [BenchRequest.basic(client.id, client.secret)]
            )
        }
        let userinfo = BenchRequest.get("/oauth2/userinfo", headers: ["Authorization: Bearer \(token)"])
        for (key, words, request, expected, bare) in [
            ("userinfo", "userinfo", userinfo, "\"sub\"", "bare_get"),
            (
                "introspection", "introspection of a person's token", introspect(token, clients.firstParty),
                "\"active\":true", "bare_post"
            ),
            (
                "introspection_service", "introspection of a service's token",
                introspect(ofService, clients.resourceServer),
                "\"active\":true", "bare_post"
            ),
        ] {
            progress(words)
            let scripts = repeated(BenchSingle(request: request, expected: expected), connections)
            var figure = try measure(key, words, scripts, on: server)
            figure.ceilings = [
                .init(
                    key: bare,
                    words: bare == "bare_get" ? "bare GET" : "bare POST",
                    perSecond: report.perSecond(bare)
                )
            ]
            if report.perSecond("bare_statement") > 0 {
                figure.ceilings.append(
                    .init(
                        key: "bare_statement",
                        words: "a bare statement",
                        perSecond: report.perSecond("bare_statement")
                    )
                )
            }
            report.figures.append(figure)
        }
    }

    private func measureRefresh(_ report: inout BenchReport, _ clients: BenchClients, _ server: BenchProcess)
        throws(BenchFault)
    {
        progress("refresh")
        var client = clients.firstParty
        client.scope = "openid profile offline_access"
        var scripts: [any BenchScript] = []
        for _ in 0..<connections {
            var login = BenchPasswordLogin(client, clients.person(captcha: Self.captcha))
            try login.runOnce(port: server.port)
            guard let token = login.refreshToken else { throw BenchFault("a login gave no refresh token") }
            scripts.append(BenchRefresh(client, held: token))
        }
        var figure = try measure("refresh", "refresh tokens rotated, ES256", scripts, on: server)
        if report.perSecond("bare_transaction") > 0 {
            figure.ceilings = [
                .init(
                    key: "bare_transaction",
                    words: "a bare transaction",
                    perSecond: report.perSecond("bare_transaction")
                )
            ]
        }
        report.figures.append(figure)
    }
}
