import Cryptography

/// One request again and again.
struct BenchSingle: BenchScript {
    let request: BenchRequest
    /// A text that a right answer holds.
    let expected: String

    mutating func next(after answer: BenchAnswer?) throws(BenchFault) -> BenchStep {
        guard let answer else { return .send(request) }
        guard answer.status == 200, answer.body.contains(expected.utf8) else { throw BenchFault(answer.summary) }
        return .finished
    }
}

/// The client that logs people in, and what it always sends. One PKCE pair serves all rounds: making one is the client's work.
struct BenchClient: Sendable {
    let id: String
    let secret: String
    let redirectURI = "http://127.0.0.1:9/callback"
    var scope = "openid profile"
    private let verifier = OpaqueToken().value.reveal()

    init(id: String, secret: String) {
        self.id = id
        self.secret = secret
    }

    var authorizePath: String {
        let fields = [
            ("response_type", "code"), ("client_id", id), ("redirect_uri", redirectURI), ("scope", scope),
            ("state", "bench"), ("nonce", "bench"), ("code_challenge_method", "S256"),
            ("code_challenge", Base64URL.encode(Digest.sha256(verifier.utf8))),
        ]
        return "/oauth2/authorize?"
            + fields.map { BenchRequest.encode($0.0) + "=" + BenchRequest.encode($0.1) }.joined(separator: "&")
    }

    func redeem(_ code: String) -> BenchRequest {
        .post(
            "/oauth2/token",
            form: [
                ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirectURI),
                ("code_verifier", verifier),
            ],
            headers: [BenchRequest.basic(id, secret)]
        )
    }

    /// The code in a redirect to this client; nil for a redirect to elsewhere.
    func code(in answer: BenchAnswer) -> String? {
        guard (300...399).contains(answer.status), let location = answer.location, location.hasPrefix(redirectURI),
            let start = location.utf8.firstRange(of: Array("code=".utf8))?.upperBound
        else { return nil }
        return String(location.utf8[start...].prefix { $0 != UInt8(ascii: "&") })
    }
}

/// Authorize, code, token, in a browser that is logged in already.
struct BenchCodeLogin: BenchScript {
    let client: BenchClient
    let authorize: BenchRequest

    /// The cookies are those of a browser with a session.
    init(_ client: BenchClient, cookies: String) {
        self.client = client
        authorize = .get(client.authorizePath, headers: ["Cookie: \(cookies)"])
    }

    mutating func next(after answer: BenchAnswer?) throws(BenchFault) -> BenchStep {
        guard let answer else { return .send(authorize) }
        if let code = client.code(in: answer) { return .send(client.redeem(code)) }
        guard answer.status == 200, answer.body.contains("\"id_token\"".utf8) else { throw BenchFault(answer.summary) }
        return .finished
    }
}

/// A person in a browser without cookies: authorize, login page, form, code, token, userinfo.
struct BenchPasswordLogin: BenchScript {
    struct Person: Sendable {
        let account: String
        let password: String
        /// What the captcha takes as an answer, by the sandbox's configuration.
        let captcha: String
    }

    let client: BenchClient
    let person: Person
    /// What the browser holds at the end of a round, for whoever goes on with its session.
    private(set) var cookies: [(name: String, value: String)] = []
    private(set) var accessToken: String?
    private(set) var refreshToken: String?
    private var submitted = false

    init(_ client: BenchClient, _ person: Person) {
        self.client = client
        self.person = person
    }

    var cookieLine: String { cookies.map { "\($0.name)=\($0.value)" }.joined(separator: "; ") }

    mutating func next(after answer: BenchAnswer?) throws(BenchFault) -> BenchStep {
        guard let answer else {
            cookies = []
            submitted = false
            return .send(.get(client.authorizePath))
        }
        keepCookies(of: answer)
        if let code = client.code(in: answer) { return .send(client.redeem(code)) }
        if (300...399).contains(answer.status), let location = answer.location {
            return .send(.get(Self.path(of: location), headers: ["Cookie: \(cookieLine)"]))
        }
        if answer.status == 200, let token = answer.json?["access_token"]?.string {
            accessToken = token
            refreshToken = answer.json?["refresh_token"]?.string
            return .send(.get("/oauth2/userinfo", headers: ["Authorization: Bearer \(token)"]))
        }
        if answer.status == 200, answer.json?["sub"] != nil { return .finished }
        guard answer.status == 200, !submitted, let csrf = answer.hiddenField("csrf") else {
            throw BenchFault(answer.summary)
        }
        submitted = true
        return .send(form(csrf, answer))
    }

    private func form(_ csrf: String, _ page: BenchAnswer) -> BenchRequest {
        var fields = [("csrf", csrf), ("account", person.account), ("password", person.password)]
        for name in ["transaction", "captcha_id"] {
            if let value = page.hiddenField(name) { fields.append((name, value)) }
        }
        fields.append(("captcha", person.captcha))
        return .post("/login", form: fields, headers: ["Cookie: \(cookieLine)"])
    }

    private mutating func keepCookies(of answer: BenchAnswer) {
        for line in answer.values("set-cookie") {
            let pair = line.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { continue }
            cookies.removeAll { $0.name == pair[0] }
            cookies.append((String(pair[0]), String(pair[1])))
        }
    }

    /// A location without scheme and host.
    private static func path(of location: String) -> String {
        guard location.hasPrefix("http://") else { return location }
        return "/"
            + location.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).dropFirst(3).joined()
    }

    /// One round outside of any measurement.
    mutating func runOnce(port: Int) throws(BenchFault) {
        let socket = try BenchSocket(port: port)
        var inbox: [UInt8] = []
        var answer: BenchAnswer?
        while case .send(let request) = try next(after: answer) {
            try socket.send(request.bytes)
            answer = nil
            while answer == nil {
                try socket.receive(into: &inbox)
                answer = try BenchAnswer(taking: &inbox)
            }
        }
    }
}
