// Audit
// Owns: table `audit`: one row for each effect, written in the effect's own transaction.
// Hands off: what happened, to whom and from where is said by the room that did it.
// Never: a name, a phone or document number, a secret. Rows hold identifiers of ours and outcomes.

import Cryptography
import Postgres

/// Everything that is recorded. The raw value is what stands in the table and never changes its meaning.
enum AuditEvent: String, Sendable, CaseIterable {
    case accountCreated = "account.created"
    case accountImported = "account.imported"
    case smsRequested = "sms.requested"
    case passwordReset = "account.password_reset"
    case signedIn = "session.started"
    case signInRefused = "session.refused"
    case signedOut = "session.ended"
    case sessionRevoked = "session.revoked"
    case accessEnded = "account.access_ended"
    case accountDisabled = "account.disabled"
    case accountEnabled = "account.enabled"
    case consentGiven = "consent.given"
    case consentRefused = "consent.refused"
    case consentWithdrawn = "consent.withdrawn"
    case assuranceRefused = "assurance.refused"
    case codeIssued = "authorization_code.issued"
    case idTokenIssued = "id_token.issued"
    case codeRedeemed = "authorization_code.redeemed"
    case codeReplayed = "authorization_code.replayed"
    case refreshTokenRotated = "refresh_token.rotated"
    case refreshTokenReplayed = "refresh_token.replayed"
    case deviceApproved = "device_code.approved"
    case deviceDenied = "device_code.denied"
    case deviceCodeRedeemed = "device_code.redeemed"
    case tokenRevoked = "token.revoked"
    case miniProgramLinked = "mini_program.linked"
    case miniProgramSignedIn = "mini_program.session_started"
    case miniProgramSignedOut = "mini_program.session_ended"
    case miniProgramTokenReplayed = "mini_program.refresh_replayed"
    case qrScanned = "qr.scanned"
    case qrConfirmed = "qr.confirmed"
    case qrConsumed = "qr.consumed"
    case qrCancelled = "qr.cancelled"
    /// 非本人操作: somebody was shown another person's login.
    case qrReported = "qr.reported"
    case qrRefused = "qr.refused"
    case clientCreated = "client.created"
    case clientUpdated = "client.updated"
    case clientDisabled = "client.disabled"
    case clientSecretRotated = "client.secret_rotated"
    case clientRegistered = "client.registered"
    case clientDeleted = "client.deleted"
    case registrationAccessRenewed = "client.registration_access_renewed"
    case registrationTokenIssued = "registration_token.issued"
    case registrationTokenRevoked = "registration_token.revoked"
}

/// Where an effect came from, as far as the audit log may know: a request id and the network, not the full address.
struct Trace: Sendable {
    let requestID: String
    /// The caller's network (/24 or /48) as text; nil for the command line.
    let network: String?

    static let commandLine = Trace(requestID: "command-line", network: nil)

    init(requestID: String, network: String?) {
        self.requestID = requestID
        self.network = network
    }

    /// The trace of a request.
    init(_ context: ProviderContext) {
        self.init(requestID: context.requestID, network: ClientNetwork(address: context.clientAddress).text)
    }
}

/// One row of the audit log, before it is written.
struct AuditRecord: Sendable {
    let event: AuditEvent
    var account: AccountID?
    var client: String?
    /// What was touched, by an identifier of ours (a grant, a session's `sid`).
    var object: String?
    var outcome = "ok"
    var detail: JSON = [:]

    /// The statement that writes the row: run it in the transaction of the effect, or nest it as a CTE.
    func insertion(_ trace: Trace) -> SQL {
        """
        INSERT INTO audit (event, account_id, client_id, object, outcome, network, request_id, detail)
        VALUES (\(event.rawValue), \(account?.uuid), \(client), \(object), \(outcome), \(trace.network),
            \(trace.requestID), \(detail.text)::jsonb)
        """
    }

    /// The statement that writes the row only if `source` (a CTE of the same statement) has a row: no effect, no record.
    func insertion(_ trace: Trace, ifAnyIn source: String) -> SQL {
        """
        INSERT INTO audit (event, account_id, client_id, object, outcome, network, request_id, detail)
        SELECT \(event.rawValue), \(account?.uuid)::uuid, \(client), \(object), \(outcome), \(trace.network),
            \(trace.requestID), \(detail.text)::jsonb FROM \(raw: source)
        """
    }

    /// The statement that writes a row for each row of `source`, a CTE: `column` holds what was touched.
    func insertion(_ trace: Trace, objectsOf source: String, _ column: String) -> SQL {
        """
        INSERT INTO audit (event, account_id, client_id, object, outcome, network, request_id, detail)
        SELECT \(event.rawValue), \(account?.uuid)::uuid, \(client), \(raw: column), \(outcome), \(trace.network),
            \(trace.requestID), \(detail.text)::jsonb FROM \(raw: source)
        """
    }

    /// The statement that writes a row for each account in `source`, a CTE with `account_id`.
    func insertion(_ trace: Trace, fromAccountsIn source: String) -> SQL {
        """
        INSERT INTO audit (event, account_id, client_id, object, outcome, network, request_id, detail)
        SELECT \(event.rawValue), account_id, \(client), \(object), \(outcome), \(trace.network),
            \(trace.requestID), \(detail.text)::jsonb FROM \(raw: source)
        """
    }

    /// The statement that writes a row for each grant in `source`, a CTE with `day`, `id` and `account_id`: its account and
    /// its name as tokens carry it.
    func insertion(_ trace: Trace, fromGrants source: String) -> SQL {
        """
        INSERT INTO audit (event, account_id, client_id, object, outcome, network, request_id, detail)
        SELECT \(event.rawValue), account_id, \(client),
            translate(encode(substring(int4send(day) FROM 3) || uuid_send(id), 'base64'), '+/', '-_'), \(outcome),
            \(trace.network), \(trace.requestID), \(detail.text)::jsonb FROM \(raw: source)
        """
    }
}
