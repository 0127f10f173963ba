// SandboxControl
// Owns: the sandbox's contract under /sandbox (operations.md 1.5): captcha answers, personas, clients, clock, reset;
// the inbox and the failures of the played twins; tables `sandbox_clock`, `sandbox_message`, `sandbox_fault`.
// Hands off: everything it creates goes through the rooms that own it.
// Never: a path that exists outside sandbox mode; a shortcut that production code takes.

import Cryptography
import FoundationEssentials
import Hummingbird
import OAuth
import Postgres

/// What tests, demo sites and relying parties' own CI drive the sandbox by. A public interface.
struct SandboxControl: Sendable {
    let database: Database
    let accounts: Accounts
    let clients: ClientRegistry
    let captchas: Captchas
    let partitions: Partitions
    let clock: ServerClock
    let sandboxClock: SandboxClock
    let ready: SandboxClients
    /// Takes a metadata document the way an operator's would be taken, with the sandbox's loopback rules.
    let registrationPolicy: ClientRegistrationPolicy
    /// Further clients, such as the demo relying party's.
    let extraClients: [SandboxClients.Ready]
    let bodyLimit: Int
    let stage: SandboxStage
    let desk: PageDesk
    /// Nil where no host apps are played.
    let miniProgram: SandboxMiniProgram?

    func addRoutes(to router: Router<ProviderContext>) {
        miniProgram?.addRoutes(to: router)
        let group = router.group("sandbox")
        group.get("captchas/:id") { request, context in try await captcha(context) }
        group.get("personas") { _, _ in Response.json(JSON.array(Persona.all.map(\.json))) }
        group.get("clients") { _, _ in try clientList() }
        group.get("clients/\(SandboxClients.publisher)/jwks") { _, _ in Response.json(try ready.publishedKeys()) }
        group.get("clock") { _, _ in try await clockNow() }
        group.post("clock") { request, _ in try await moveClock(request) }
        SandboxMessages(stage: stage, desk: desk, bodyLimit: bodyLimit, miniProgram: miniProgram).addRoutes(to: router)
        group.post("reset") { _, _ in
            try await reset()
            return Response(status: .noContent)
        }
    }

    /// Brings a fresh store to the first state; leaves one that has it alone.
    func seed() async throws {
        let trace = Trace(requestID: "sandbox", network: nil)
        for client in try ready.all() + extraClients {
            let metadata = try ClientMetadata(client.metadata, policy: registrationPolicy)
            try await clients.put(
                Client(id: ClientID(trusted: client.id), metadata: metadata),
                secret: client.secret,
                trace: trace
            )
        }
        // The first persona present means all are: they are made in one go, and a reset removes them together.
        guard try await accounts.find(AccountIdentifier(typed: Persona.all[0].username)) == nil else { return }
        let record = try await accounts.hasher.hash(Persona.password)
        for persona in Persona.all.reversed() {
            do {
                _ = try await accounts.create(persona.account(record: record), event: .accountImported, trace: trace)
            } catch is Accounts.Taken {
                // Another process of the same sandbox was first.
                continue
            }
        }
    }

    private func captcha(_ context: ProviderContext) async throws -> Response {
        guard let id = context.parameters.get("id"), let answer = try await captchas.answer(id: id) else {
            throw HTTPError(.notFound)
        }
        return .json(["answer": .string(answer)])
    }

    private func clientList() throws -> Response {
        let list = try (ready.all() + extraClients).map { client -> JSON in
            var object = client.metadata.object ?? JSONObject()
            object["client_id"] = .string(client.id)
            object["note"] = .string(client.note)
            if let secret = client.secret { object["client_secret"] = .string(secret.reveal()) }
            if let key = client.privateKey { object["private_jwk"] = key }
            return .object(object)
        }
        return .json(JSON.array(list))
    }

    private func clockNow() async throws -> Response {
        try await clock.refresh()
        return .json(["now": .string(Self.beijingTime(clock.now))])
    }

    /// `{"advance_seconds":60}` or `{"now":"2026-12-01T00:00:00+08:00"}`.
    private func moveClock(_ request: Request) async throws -> Response {
        let body = try await request.wholeBody(upTo: bodyLimit)
        guard let json = try? JSON(parsing: Array(body.readableBytesView)) else { throw HTTPError(.badRequest) }
        let isMoved =
            if let seconds = json["advance_seconds"]?.number, seconds.isFinite, abs(seconds) < 4e8 {
                try await sandboxClock.advance(seconds: seconds)
            } else if let text = json["now"]?.string, let date = try? Date(text, strategy: .iso8601) {
                try await sandboxClock.set(to: date)
            } else {
                false
            }
        guard isMoved else { throw HTTPError(.badRequest) }
        try await clock.refresh()
        try await partitions.ensure(today: Day(of: clock.now))
        return try await clockNow()
    }

    /// Back to the first state: everything of everybody goes, time runs as outside, personas and clients come anew.
    func reset() async throws {
        // Time first: what follows needs the partitions of today, and none that a moved clock left behind.
        try await sandboxClock.stop()
        try await clock.refresh()
        try await partitions.forgetStray(today: Day(of: clock.now))
        try await partitions.ensure(today: Day(of: clock.now))
        try await database.execute(
            """
            TRUNCATE account, account_key, session, sign_in_throttle, audit, client, client_secret,
                client_registration, initial_access_token, one_time, pending_authorization, authorization_grant,
                refresh_token, access_token, consent, logout_notice, device_authorization,
                sms_message, sms_code, sms_budget, journey, account_agreement, national_sync,
                qr_session, mini_program_identity, mini_program_session, mini_program_token, mini_program_answer
            """
        )
        try await stage.clear()
        clients.forgetAll()
        try? await miniProgram?.reset()
        try await seed()
    }

    /// RFC 3339 with the city's offset.
    static func beijingTime(_ date: Date) -> String {
        let local = date.addingTimeInterval(8 * 3600)
        // The style writes UTC; the hours were moved before, and the zone is named after.
        return Date.ISO8601FormatStyle().format(local).replacing("Z", with: "+08:00")
    }
}
