import Cryptography

/// The clients and the person that the sandbox keeps ready (operations.md 1.5).
struct BenchClients {
    let firstParty: BenchClient
    let service: BenchClient
    /// The same with tokens signed by RS256.
    let rs256: BenchClient
    let resourceServer: BenchClient
    /// What the services among them are for.
    static let resource = "https://api.citygate.example/"
    private let account: String
    private let password: String

    init(port: Int) throws(BenchFault) {
        let clients = try Self.list("/sandbox/clients", port)
        let people = try Self.list("/sandbox/personas", port)
        let firstParty = clients.first { $0["consent"]?.string == "first_party" && $0["client_secret"] != nil }
        let service = clients.first { $0["grant_types"]?.strings?.contains("client_credentials") ?? false }
        let rs256 = clients.first { $0["access_token_signed_response_alg"]?.string == "RS256" }
        let resourceServer = clients.first { $0["grant_types"]?.array?.isEmpty ?? false }
        guard let firstParty = firstParty.flatMap(Self.client), let service = service.flatMap(Self.client),
            let rs256 = rs256.flatMap(Self.client), let resourceServer = resourceServer.flatMap(Self.client)
        else {
            throw BenchFault("the sandbox lacks a first-party client, one for client_credentials or a resource server")
        }
        guard let person = people.first(where: { $0["id"]?.string == "zhangsan" }),
            let account = person["username"]?.string, let password = person["password"]?.string
        else { throw BenchFault("the sandbox does not know 张三") }
        self.firstParty = firstParty
        self.service = service
        self.rs256 = rs256
        self.resourceServer = resourceServer
        self.account = account
        self.password = password
    }

    func person(captcha: String) -> BenchPasswordLogin.Person {
        .init(account: account, password: password, captcha: captcha)
    }

    private static func client(_ json: JSON) -> BenchClient? {
        guard let id = json["client_id"]?.string, let secret = json["client_secret"]?.string else { return nil }
        return BenchClient(id: id, secret: secret)
    }

    private static func list(_ path: String, _ port: Int) throws(BenchFault) -> [JSON] {
        let answer = try BenchSocket.exchange(.get(path), port: port)
        guard answer.status == 200, let list = answer.json?.array else {
            throw BenchFault("\(path): \(answer.summary)")
        }
        return list
    }
}
