import Testing

/// Who may call whom inside `Provider` (house.md 5.4), judged by the names of types.
enum FloorRule {
    /// A room's floor; within the ground floor and the foundation, its height: a room may name only rooms that lie lower.
    enum Floor: Equatable {
        case foundation(Int)
        case ground(Int)
        case citizen, protocolFloor, miniProgram
        case beside, roof

        /// What floors this one stands on.
        func mayName(_ other: Floor) -> Bool {
            switch (self, other) {
            // The sandbox's reach into the server is built by the roof and drives it.
            case (.roof, _), (.beside, _): true
            case (_, .roof), (_, .beside): false
            case (.foundation(let mine), .foundation(let theirs)): mine > theirs
            case (.foundation, _): false
            case (_, .foundation): true
            case (.ground(let mine), .ground(let theirs)): mine > theirs
            case (.citizen, .ground), (.protocolFloor, .ground), (.miniProgram, .ground): true
            default: false
            }
        }
    }

    static let floors: [String: Floor] = [
        "App": .roof,
        "SandboxControl": .beside, "Console": .beside,
        "Authorization": .protocolFloor, "Device": .protocolFloor, "Token": .protocolFloor, "UserInfo": .protocolFloor,
        "Metadata": .protocolFloor, "ClientRegistration": .protocolFloor,
        "SignIn": .citizen, "Registration": .citizen, "Recovery": .citizen, "RealName": .citizen, "Profile": .citizen,
        "MiniProgram": .miniProgram,
        "AccessTokens": .ground(5), "AccountAccess": .ground(5),
        "Flows": .ground(4), "Grants": .ground(4),
        "Sessions": .ground(3), "Verification": .ground(3),
        "Accounts": .ground(2), "Clients": .ground(2),
        "OneTime": .ground(1), "LogoutNotices": .ground(1),
        "Audit": .ground(0),
        "Web": .foundation(1), "Schema": .foundation(1), "Clock": .foundation(0),
        "Outbound": .foundation(0),
    ]

    /// The calls sideways (house.md 5.4), by the files whose declarations may be named: Token redeems codes; Device asks in the words of
    /// the consent page, and what is answered is remembered as there; the
    /// mini-program moves the conversations that SignIn's pages began.
    static let sideways: [String: [String]] = [
        "Token": ["Sources/Provider/Authorization/AuthorizationCode", "Sources/Provider/Device/DeviceCodes"],
        "Device": ["Sources/Provider/Authorization/Consent"],
        "MiniProgram": ["Sources/Provider/SignIn/QRSession"],
    ]
    /// Names that travel with a request into every room, and identifiers, which are names and no calls.
    static let carried: Set<String> = ["RequestContext", "AccountID"]

    static func breaches(in files: [SourceFile], floors: [String: Floor] = floors) -> [Breach] {
        var owners: [String: Set<String>] = [:]
        var homes: [String: String] = [:]
        for file in files {
            guard let room = file.room else { continue }
            for type in file.typeDeclarations.topLevel where !type.isLocal {
                owners[type.name, default: []].insert(room)
                homes[type.name] = file.path
            }
        }
        return files.flatMap { file -> [Breach] in
            guard let room = file.room else { return [] }
            guard let floor = floors[room] else {
                return [Breach(path: file.path, line: 1, words: "the room \(room) has no floor: give it one here")]
            }
            let own = Set(file.typeDeclarations.all.map(\.name))
            return file.tokens.compactMap { token in
                guard token.before != UInt8(ascii: "."), !own.contains(token.text), !carried.contains(token.text),
                    let rooms = owners[token.text], rooms.count == 1, let home = rooms.first, home != room,
                    let theirs = floors[home], !floor.mayName(theirs),
                    let path = homes[token.text], sideways[room]?.contains(where: path.hasPrefix) != true
                else { return nil }
                return Breach(
                    path: file.path,
                    line: token.line,
                    words: "\(room) must not know \(home), but names \(token.text)"
                )
            }
        }
    }
}

@Suite struct `Floors` {
    @Test func `no room names a type of a floor above or beside it`() {
        let breaches = FloorRule.breaches(in: House.sources)
        // One line for each file and name is enough to act on.
        var seen: Set<String> = []
        expectNone(breaches.filter { seen.insert($0.path + $0.words).inserted })
    }

    @Test func `no file lies in Provider outside a room`() {
        expectNone(
            House.sources.filter { $0.target == "Provider" && $0.room == nil }
                .map { Breach(path: $0.path, line: 1, words: "every file of Provider lies in a room") }
        )
    }

    @Test func `the rule sees a call upwards and lets one downwards pass`() {
        let ground = SourceFile(
            path: "Sources/Provider/Accounts/Account.swift",
            text: "struct Account { let page: LoginPage } // LoginPage\n"
        )
        let citizen = SourceFile(
            path: "Sources/Provider/SignIn/LoginPage.swift",
            text: "struct LoginPage { let account: Account }\nprivate struct Account2 {}\n"
        )
        #expect(FloorRule.breaches(in: [ground, citizen]).map(\.path) == [ground.path])
    }

    @Test func `the rule sees one citizen room name another`() {
        let one = SourceFile(
            path: "Sources/Provider/Recovery/R.swift",
            text: "struct R { let x = \"\\(LoginPage.title)\" }\n"
        )
        let two = SourceFile(
            path: "Sources/Provider/SignIn/L.swift",
            text: "enum LoginPage { static let title = \"R\" }\n"
        )
        #expect(FloorRule.breaches(in: [one, two]).count == 1)
    }

    @Test func `Token may name the authorization code and nothing else of Authorization`() {
        let code = SourceFile(
            path: "Sources/Provider/Authorization/AuthorizationCodes.swift",
            text: "struct AuthorizationCodes {}\n"
        )
        let pending = SourceFile(
            path: "Sources/Provider/Authorization/PendingAuthorization.swift",
            text: "struct PendingAuthorization {}\n"
        )
        let token = SourceFile(
            path: "Sources/Provider/Token/T.swift",
            text: "struct T { let a: AuthorizationCodes; let b: PendingAuthorization }\n"
        )
        #expect(FloorRule.breaches(in: [code, pending, token]).count == 1)
    }

    @Test func `a nested type of the same name is the file's own`() {
        let one = SourceFile(
            path: "Sources/Provider/Web/W.swift",
            text: "struct W { enum State { case a }; let s: State }\n"
        )
        let two = SourceFile(path: "Sources/Provider/SignIn/S.swift", text: "enum State { case b }\n")
        #expect(FloorRule.breaches(in: [one, two]).isEmpty)
    }
}
