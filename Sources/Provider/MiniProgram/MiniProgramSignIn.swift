import Cryptography
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import OAuth

/// Logging in from the mini-program (journeys.md R6, N2): the host app says who it is, and vouches for the phone.
extension MiniProgramAPI {
    /// `POST /mp/v1/sessions`
    @Sendable func logIn(_ call: Call) async throws -> Response {
        let name = try call.body.text("platform", longest: 16)
        guard let platform = MiniProgramPlatformName(rawValue: name) else {
            throw MiniProgramProblem(.requestInvalid, parameter: "platform")
        }
        let appID = try call.body.text("app_id", longest: 64)
        guard let host = platforms.first(where: { $0.name == platform && $0.appID == appID }) else {
            throw MiniProgramProblem(.miniProgramAppUnknown, parameter: "app_id")
        }
        let code = try call.body.text("login_code")
        let device = call.body.json["device"] ?? .null
        guard device.isNull || device.object != nil else {
            throw MiniProgramProblem(.requestInvalid, parameter: "device")
        }
        let login = try await ask(host, call) { () async throws(PlatformFault) in try await host.login(code) }
        let account = try await sessions.linkedAccount(sessions.identity(platform, login))
        let begun = try await sessions.begin(
            platform,
            login,
            account: account,
            device: Self.deviceWords(device),
            trace: call.trace
        )
        guard let begun else { throw disabled(call) }
        return .json(try await answer(begun.session, tokens: begun.tokens, isNew: false))
    }

    /// `POST /mp/v1/sessions/phone`: the phone makes an account or finds the one it belongs to.
    @Sendable func bringPhone(_ call: Call) async throws -> Response {
        let session = try await session(call)
        guard let host = platforms.first(where: { $0.name == session.platform }) else {
            throw MiniProgramProblem(.miniProgramAppUnknown)
        }
        let evidence = try evidence(call)
        let version = try call.body.optional("agreement_version", longest: 64)
        let choice = try call.body.optional("choose", longest: 16)
        guard choice == nil || choice == "phone" || choice == "current" else {
            throw MiniProgramProblem(.requestInvalid, parameter: "choose")
        }
        if session.account == nil, let version, version != agreementVersion {
            return .json(try await answer(session, tokens: nil, isNew: false, needsAgreement: true))
        }
        let phone = try await ask(host, call) { () async throws(PlatformFault) in
            try await host.phone(evidence, session.held)
        }
        let found = try await accounts.find(AccountIdentifier(phone: phone))?.account
        let isNew = found == nil
        let account: Account
        if let found {
            account = found
        } else {
            // A person who has an account keeps it: changing its phone is another journey (journeys.md U3).
            guard session.account == nil else { throw MiniProgramProblem(.miniProgramPhoneElsewhere) }
            guard version == agreementVersion else {
                return .json(try await answer(session, tokens: nil, isNew: true, needsAgreement: true))
            }
            account = try await register(phone, call)
        }
        guard account.state == .active else { throw disabled(call) }
        if let current = session.account, current != account.id {
            guard choice == "phone" else {
                guard choice == "current" else {
                    return .json(try await choose(session, current: current, other: account))
                }
                return .json(try await answer(session, tokens: nil, isNew: false))
            }
        }
        guard try await sessions.link(session, to: account.id, replacing: session.account, trace: call.trace) else {
            throw MiniProgramProblem(.miniProgramPhoneElsewhere)
        }
        let linked = MiniProgramSession(
            id: session.id,
            day: session.day,
            platform: session.platform,
            identity: session.identity,
            held: session.held,
            account: account.id
        )
        return .json(try await answer(linked, tokens: nil, isNew: isNew))
    }

    /// `POST /mp/v1/sessions/refresh`
    @Sendable func refresh(_ call: Call) async throws -> Response {
        let token = try call.body.text("refresh_token", longest: 128)
        guard let tokens = try await sessions.refresh(token, trace: call.trace) else {
            throw MiniProgramProblem(.miniProgramTokenInvalid, parameter: "refresh_token")
        }
        return .json(Self.members(tokens))
    }

    /// `DELETE /mp/v1/sessions/current`
    @Sendable func logOut(_ call: Call) async throws -> Response {
        let session = try await session(call)
        _ = try await sessions.end(session.id, account: session.account, trace: call.trace)
        return Response(status: .noContent)
    }

    // MARK: Steps

    private func evidence(_ call: Call) throws -> PhoneEvidence {
        if let code = try call.body.optional("phone_code") { return .code(code) }
        let data = try call.body.text("encrypted_data", longest: 16_384)
        return .encrypted(data: data, initialVector: try call.body.optional("iv") ?? "")
    }

    /// The account that logging in makes: a phone that its host app vouched for, and the agreement that was accepted.
    private func register(_ phone: String, _ call: Call) async throws -> Account {
        do {
            return try await accounts.create(
                NewAccount(phone: phone, agreedTerms: agreementVersion),
                detail: ["by": "mini_program", "agreement_version": .string(agreementVersion)],
                trace: call.trace
            )
        } catch let taken as Accounts.Taken where taken.field == "phone" {
            // The same phone came twice at once: the other was first, and it is the same person's.
            guard let found = try await accounts.find(AccountIdentifier(phone: phone)) else { throw taken }
            return found.account
        }
    }

    private func ask<Value: Sendable>(
        _ host: any MiniProgramPlatform,
        _ call: Call,
        _ question: () async throws(PlatformFault) -> Value
    ) async throws -> Value {
        do throws(PlatformFault) {
            return try await question()
        } catch {
            switch error {
            case .codeInvalid: throw MiniProgramProblem(.miniProgramCodeInvalid)
            case .phoneUnsupported: throw MiniProgramProblem(.miniProgramPhoneUnsupported)
            case .limited: throw MiniProgramProblem(.miniProgramPlatformDown, retryAfter: 60)
            case .down(let reason):
                call.context.logger.warning(
                    "a host app does not answer",
                    metadata: ["dependency": "\(host.name.rawValue)", "reason": "\(reason)"]
                )
                throw MiniProgramProblem(.miniProgramPlatformDown, retryAfter: 5)
            }
        }
    }

    private func disabled(_ call: Call) -> MiniProgramProblem {
        MiniProgramProblem(.accountDisabled(phone: supportPhone, reference: call.context.requestID))
    }

    // MARK: Answers

    private func answer(
        _ session: MiniProgramSession,
        tokens: MiniProgramSessions.Tokens?,
        isNew: Bool,
        needsAgreement: Bool = false
    ) async throws -> JSON {
        var object = tokens.map { Self.members($0).object ?? JSONObject() } ?? JSONObject()
        let status = needsAgreement ? "need_agreement" : session.account == nil ? "need_phone" : "ready"
        object["status"] = .string(status)
        if let id = session.account, let account = try await accounts.find(id) {
            object["user"] = Self.user(account, isNew: isNew)
        } else {
            object["agreement"] = ["version": .string(agreementVersion), "url": .string(issuer + "/terms")]
        }
        return .object(object)
    }

    private func choose(_ session: MiniProgramSession, current: AccountID, other: Account) async throws -> JSON {
        let mine = try await accounts.find(current)
        return .object([
            ("status", "choose_account"),
            (
                "accounts",
                .array([
                    .object([("choose", "current"), ("user", mine.map { Self.user($0, isNew: false) })]),
                    .object([("choose", "phone"), ("user", Self.user(other, isNew: false))]),
                ])
            ),
        ])
    }

    private static func members(_ tokens: MiniProgramSessions.Tokens) -> JSON {
        [
            "access_token": .string(tokens.access.reveal()), "refresh_token": .string(tokens.refresh.reveal()),
            "token_type": "Bearer", "expires_in": .integer(Int64(tokens.expiresIn)),
        ]
    }

    static func user(_ account: Account, isNew: Bool) -> JSON {
        .object([
            ("masked_phone", account.phone.map { .string(Mask.phone($0)) }),
            ("name_masked", account.document?["name"]?.string.map { .string(Mask.name($0)) }),
            ("level", .string("L\(account.level.rawValue)")), ("is_new", .bool(isNew)),
        ])
    }

    /// Such as “HUAWEI Mate 60 · HarmonyOS 4”: what the person sees in the list of devices.
    private static func deviceWords(_ device: JSON) -> String? {
        let parts = [device["model"]?.string, device["system"]?.string].compactMap { $0 }
            .map {
                String($0.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.prefix(60).map(Character.init))
            }
            .filter { !$0.isEmpty }
        return parts.isEmpty ? nil : parts.joined(separator: " · ")
    }
}
