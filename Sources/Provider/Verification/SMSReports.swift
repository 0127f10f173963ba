import Cryptography
import Hummingbird
import OAuth

/// Delivery reports of the SMS vendor (domain.md 5.2): at a path nobody can guess, changing a delivery record and nothing else.
struct SMSReports: Sendable {
    let codes: SMSCodes
    /// The last part of the path.
    let secret: Secret<String>
    /// The pair that the vendor was told to send, if one was agreed on.
    let receiver: String?
    let password: Secret<String>?
    /// Networks reports come from; empty for everywhere.
    let isFromVendor: @Sendable (String) -> Bool

    /// Where reports are taken, below the issuer.
    static func path(_ secret: Secret<String>) -> String { "/sms/reports/\(secret.reveal())" }

    func addRoutes(to router: Router<ProviderContext>) {
        router.get("sms/reports/:secret") { request, context in try await take(request, context) }
    }

    private func take(_ request: Request, _ context: ProviderContext) async throws -> Response {
        guard let presented = context.parameters.get("secret"),
            ConstantTime.equal(Array(presented.utf8), Array(secret.reveal().utf8)), isFromVendor(context.clientAddress)
        else { throw HTTPError(.notFound) }
        let report = try Parameters.ofQuery(request)
        guard isAgreed(report.field(named: "receiver"), receiver),
            isAgreed(report.field(named: "pswd"), password?.reveal())
        else { throw HTTPError(.forbidden) }
        // msgid has up to 32 digits: text, never a number.
        let vendorID = report.field(named: "msgid")
        guard let phone = MainlandMobile.canonical(report.field(named: "mobile")),
            (1...64).contains(vendorID.utf8.count)
        else { throw HTTPError(.badRequest) }
        let status = String(decoding: report.field(named: "status").utf8.prefix(32).filter(Self.isPlain), as: UTF8.self)
        let outcome = try await codes.ledger.report(
            vendorID: vendorID,
            phone: codes.index(phone),
            status: status
        )
        // A report may be quicker than the answer to the sending: then the vendor is asked to come again.
        return .json(["clcode": outcome == .taken ? "000000" : "111111"])
    }

    private func isAgreed(_ presented: String, _ agreed: String?) -> Bool {
        guard let agreed else { return true }
        return ConstantTime.equal(Array(presented.utf8), Array(agreed.utf8))
    }

    private static func isPlain(_ byte: UInt8) -> Bool { (0x20...0x7E).contains(byte) }
}
