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
    func measureTokens(_ report: inout BenchReport, _ clients: BenchClients, _ bench: Bench) async throws(BenchFault) {
        for (client, algorithm, key, ceilings) in [
            (
                clients.service, "ES256", "client_credentials",
                [BenchCeiling(.post, aim: 0.5), BenchCeiling(.post, .es256)]
            ),
            (clients.rs256, "RS256", "client_credentials_rs256", [BenchCeiling(.rs256, aim: 0.7)]),
        ] {
            let tokens = repeated(
                BenchSingle(request: clientCredentials(client), expected: "\"access_token\""),
                connections
            )
            let words = "client_credentials tokens, \(algorithm)"
            report.figures.append(try await measure(key, words, tokens, bench, against: ceilings))
        }
        try await measureQuestions(&report, clients, bench)
        try await measureRefresh(&report, clients, bench)
    }

    private func clientCredentials(_ client: BenchClient) -> BenchRequest {
        .post(
            "/oauth2/token",
            form: [("grant_type", "client_credentials"), ("resource", BenchClients.resource)],
            headers: [BenchRequest.basic(client.id, client.secret)]
        )
    }

    /// Userinfo, and introspection of a person's and of a service's token: what other services ask all day.
    private func measureQuestions(_ report: inout BenchReport, _ clients: BenchClients, _ bench: Bench)
        async throws(BenchFault)
    {
        let port = bench.server.port
        var login = BenchPasswordLogin(clients.firstParty, clients.person(captcha: Self.captcha))
        try login.runOnce(port: port)
        guard let token = login.accessToken else { throw BenchFault("a login gave no access token") }
        let machine = try BenchSocket.exchange(clientCredentials(clients.service), port: port)
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
            ("userinfo", "userinfo", userinfo, "\"sub\"", BenchYardstick.get),
            (
                "introspection", "introspection of a person's token", introspect(token, clients.firstParty),
                "\"active\":true", .post
            ),
            (
                "introspection_service", "introspection of a service's token",
                introspect(ofService, clients.resourceServer), "\"active\":true", .post
            ),
        ] {
            let scripts = repeated(BenchSingle(request: request, expected: expected), connections)
            let ceilings = [BenchCeiling(bare, aim: 0.4), BenchCeiling(.statement)]
            report.figures.append(try await measure(key, words, scripts, bench, against: ceilings))
        }
    }

    private func measureRefresh(_ report: inout BenchReport, _ clients: BenchClients, _ bench: Bench)
        async throws(BenchFault)
    {
        var client = clients.firstParty
        client.scope = "openid profile offline_access"
        var scripts: [any BenchScript] = []
        for _ in 0..<connections {
            var login = BenchPasswordLogin(client, clients.person(captcha: Self.captcha))
            try login.runOnce(port: bench.server.port)
            guard let token = login.refreshToken else { throw BenchFault("a login gave no refresh token") }
            scripts.append(BenchRefresh(client, held: token))
        }
        report.figures.append(
            try await measure(
                "refresh",
                "refresh tokens rotated, ES256",
                scripts,
                bench,
                against: [BenchCeiling(.transaction, aim: 0.5), BenchCeiling(.commit)]
            )
        )
    }
}
