import Cryptography
import FoundationEssentials
import Hummingbird
import OAuth

/// The phone's side of a QR login (journeys.md Q4): scan, see where it would log in, confirm or refuse.
extension MiniProgramAPI {
    /// `POST /mp/v1/qr/scan`
    @Sendable func scan(_ call: Call) async throws -> Response {
        let (_, actor) = try await actor(call)
        let text = try call.body.text("text", longest: 512)
        switch try await conversations.scan(text, by: actor, trace: call.trace) {
        case .failure(let refusal): throw Self.problem(refusal)
        case .success(let scan): return .json(try await answer(scan))
        }
    }

    /// `POST /mp/v1/qr/{ticket}/confirm`
    @Sendable func confirm(_ call: Call) async throws -> Response {
        let (_, actor) = try await actor(call)
        let number = call.body.json["number"] ?? .null
        guard number.isNull || number.int.map({ (0...99).contains($0) }) == true else {
            throw MiniProgramProblem(.requestInvalid, parameter: "number")
        }
        let ticket = call.context.parameters.get("ticket") ?? ""
        let outcome = try await conversations.confirm(
            ticket,
            number: number.int.map { Int($0) },
            by: actor,
            trace: call.trace
        )
        if case .failure(let refusal) = outcome { throw Self.problem(refusal) }
        return .json(["status": "confirmed"])
    }

    /// `POST /mp/v1/qr/{ticket}/cancel`
    @Sendable func cancel(_ call: Call) async throws -> Response {
        let (_, actor) = try await actor(call)
        let report = call.body.json["report"] ?? false
        guard let isReport = report.bool else { throw MiniProgramProblem(.requestInvalid, parameter: "report") }
        let ticket = call.context.parameters.get("ticket") ?? ""
        let outcome = try await conversations.cancel(ticket, isReport: isReport, by: actor, trace: call.trace)
        if case .failure(let refusal) = outcome { throw Self.problem(refusal) }
        return .json(["status": "cancelled"])
    }

    private func actor(_ call: Call) async throws -> (MiniProgramSession, QRSessions.Actor) {
        let session = try await session(call)
        guard let actor = session.actor else { throw MiniProgramProblem(.miniProgramPhoneNeeded) }
        return (session, actor)
    }

    private func answer(_ scan: QRSessionScan) async throws -> JSON {
        .object([
            ("ticket", .string(scan.ticket)), ("kind", "login"), ("rp", try await relyingParty(scan)),
            ("browser", .string(QRSessionBrowser.words(scan.userAgent))),
            ("network", scan.network.map { .string($0) }), ("created_at", Self.time(scan.createdAt)),
            ("expires_at", Self.time(scan.expiresAt)),
            ("number_match", scan.numbers.map { .array($0.map { .integer($0) }) }),
        ])
    }

    /// Who waits for the login; the platform itself when nobody does.
    private func relyingParty(_ scan: QRSessionScan) async throws -> JSON {
        guard let id = scan.clientID, let client = try await clients.find(id)?.client else {
            return .object([("name", .string(productName)), ("domain", Page.host(of: issuer).map { .string($0) })])
        }
        let name = client.metadata.displayName(locales: ["zh-CN", "zh-Hans", "zh"]) ?? client.id.value
        return .object([
            ("name", .string(name)), ("organisation", client.organisation.map { .string($0) }),
            ("domain", scan.domain.map { .string($0) }), ("logo", client.metadata.logoURI.map { .string($0) }),
        ])
    }

    private static func problem(_ refusal: QRSessionRefusal) -> MiniProgramProblem {
        switch refusal {
        case .unknown, .wrongBrowser: MiniProgramProblem(.qrUnknown)
        case .expired: MiniProgramProblem(.qrExpired)
        case .used: MiniProgramProblem(.qrUsed)
        case .alreadyScanned: MiniProgramProblem(.qrAlreadyScanned)
        case .cancelled, .numbersSpent: MiniProgramProblem(.qrCancelled)
        case .numberNeeded: MiniProgramProblem(.qrNumberNeeded, parameter: "number")
        case .numberWrong: MiniProgramProblem(.qrNumberWrong, parameter: "number")
        }
    }
}
