import Cryptography
import Logging
import Sandbox
import Synchronization

@testable import Provider

/// The sandbox's SMS vendor with an inbox in memory, for tests that need codes.
final class TestSMS: Sendable {
    let address: String
    private let vendor: FakeSMSGateway
    private let state = Mutex<(messages: [FakeSMSGateway.Message], failures: [FakeSMSGateway.Failure])>(([], []))

    private init(_ vendor: FakeSMSGateway, port: Int) {
        self.vendor = vendor
        address = "http://127.0.0.1:\(port)"
    }

    /// Serves while `body` runs.
    static func with<Result: Sendable>(_ body: @Sendable (TestSMS) async throws -> Result) async throws -> Result {
        let vendor = FakeSMSGateway(account: "sandbox", password: Provider.Configuration.sandboxSMSPassword)
        let sms = TestSMS(vendor, port: try await vendor.open(logger: TestServer.quietLogger))
        vendor.attach(
            FakeSMSGateway.Audience(
                keep: { message in sms.state.withLock { $0.messages.append(message) } },
                failure: { sms.state.withLock { $0.failures.isEmpty ? nil : $0.failures.removeFirst() } }
            )
        )
        do {
            let result = try await body(sms)
            await vendor.close()
            return result
        } catch {
            await vendor.close()
            throw error
        }
    }

    /// The settings of a server whose vendor this is.
    func settings(_ generation: ChuanglanProtocol.Generation = .classic, _ more: [String: String] = [:]) -> [String:
        String]
    {
        [
            "CITYGATE_SMS_PROTOCOL": generation.rawValue, "CITYGATE_SMS_BASE_URL": address,
            "CITYGATE_SMS_RETRY_PAUSE": "10ms",
        ].merging(more) { $1 }
    }

    /// All that was taken, the newest last.
    var messages: [FakeSMSGateway.Message] { state.withLock { $0.messages } }

    /// The newest code of a phone.
    func code(_ phone: String) -> String? { messages.last { $0.to == phone && $0.code != nil }?.code }

    func fail(_ failures: FakeSMSGateway.Failure...) { state.withLock { $0.failures = failures } }
}

extension TestServer {
    /// A server with a vendor of short messages.
    static func withSMS<Result: Sendable>(
        _ settings: [String: String] = [:],
        _ body: @Sendable (TestServer, SMSCodes, TestSMS) async throws -> Result
    ) async throws -> Result {
        try await TestSMS.with { sms in
            try await with(sms.settings(.classic, settings)) { server in
                guard let codes = server.rooms.smsCodes else { throw TestFault("no codes by SMS") }
                return try await body(server, codes, sms)
            }
        }
    }
}

extension SMSCodes {
    /// A request with its captcha answered.
    func ask(
        _ phone: String,
        _ purpose: SMSPurpose = .signIn,
        browser: BrowserIdentity,
        from address: String = "192.0.2.7"
    )
        async throws -> Ask
    {
        let id = try await captchas.issue(purpose.captcha, browser: browser).id
        var ask = Ask(
            phone: phone,
            purpose: purpose,
            browser: browser,
            network: ClientNetwork(address: address),
            trace: .commandLine
        )
        ask.captchaID = id
        ask.captcha = try await captchas.answer(id: id) ?? ""
        return ask
    }
}
