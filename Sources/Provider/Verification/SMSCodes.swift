import Cryptography
import FoundationEssentials
import Logging
import Postgres

/// Codes by SMS (journeys.md C2, C3, C8): asked for behind a captcha, counted, sent, and checked.
struct SMSCodes: Sendable {
    /// Wrong tries that end a code.
    static let tries = 5

    let ledger: SMSLedger
    let gateway: any SMSGateway
    let captchas: Captchas
    let database: Database
    let clock: ServerClock
    /// Blind indexes of numbers, and hashes of codes.
    let key: Secret<[UInt8]>
    /// Seconds a code lives.
    let lifetime: Int
    /// The host a code is bound to in its message; nil when it is not.
    let boundTo: String?
    /// Numbers that begin so are not sent to (domain.md 7.6).
    let refusedPrefixes: [String]
    /// Sandbox only.
    let exemptPhones: Set<String>
    let exemptsLoopback: Bool
    let logger: Logger
    let mood = GatewayMood()

    /// Who asks for a code, and what for.
    struct Ask: Sendable {
        let phone: String
        let purpose: SMSPurpose
        var captcha = ""
        var captchaProof = ""
        var captchaID: String?
        let browser: BrowserIdentity
        let network: ClientNetwork
        let trace: Trace
    }

    enum Answer: Sendable {
        /// Sent; the next may be asked for after so many seconds.
        case sent(wait: Int)
        case refused(FormFault)
    }

    // MARK: Asking

    /// Sends a code: the captcha is judged and spent first, then the attempt counted, then sent.
    func request(_ ask: Ask) async throws -> Answer {
        if let fault = try await captchaFault(ask) { return .refused(fault) }
        guard !refusedPrefixes.contains(where: ask.phone.hasPrefix) else {
            return .refused(FormFault(.phoneUnsupported))
        }
        let code = Self.randomCode()
        switch try await reserve(ask, number: ask.phone, code: code) {
        case .refused(let fault): return .refused(fault)
        case .reserved(let id, let day):
            return await hand(message(id, ask, code), day: day)
                ? .sent(wait: ledger.limits.gap) : .refused(FormFault(.vendorDown, at: .smsCode))
        }
    }

    /// The same for somebody who may or may not have an account (trust.md T15): the answer is the same in words and time whether
    /// `ask.phone` is somebody's number or, as `isPretence` says, stands for nobody's. Nothing is sent then.
    func requestQuietly(_ ask: Ask, isPretence: Bool) async throws -> Answer {
        if let fault = try await captchaFault(ask) { return .refused(fault) }
        let code = Self.randomCode()
        switch try await reserve(ask, number: isPretence ? "nobody|\(ask.phone)" : ask.phone, code: code) {
        case .refused(let fault): return .refused(fault)
        case .reserved(let id, let day):
            if mood.isDown(at: clock.now) { return .refused(FormFault(.vendorDown, at: .smsCode)) }
            if !isPretence {
                // Nobody waits for the gateway: how long it takes would tell.
                let message = message(id, ask, code)
                Task { await hand(message, day: day) }
            }
            return .sent(wait: ledger.limits.gap)
        }
    }

    private func captchaFault(_ ask: Ask) async throws -> FormFault? {
        if ask.captcha.isEmpty, ask.captchaProof.isEmpty { return FormFault(.captchaRequired) }
        return
            switch try await captchas.check(
                ask.captcha,
                proof: ask.captchaProof,
                id: ask.captchaID,
                ask.purpose.captcha,
                browser: ask.browser
            )
        {
        case .right: nil
        case .wrong: FormFault(.captchaWrong)
        case .expired: FormFault(.captchaExpired)
        }
    }

    private enum Place {
        case reserved(id: String, day: Day)
        case refused(FormFault)
    }

    /// Counts the attempt and stores the new code in one transaction; the old one is dead from then on.
    private func reserve(_ ask: Ask, number: String, code: String) async throws -> Place {
        let phone = index(number)
        let hash = hash(code, number: number, ask.purpose, ask.browser)
        let asker = SMSLedger.Asker(
            browser: ask.browser.hash,
            network: ask.network.text,
            exemptsNumber: exemptPhones.contains(ask.phone),
            exemptsNetwork: exemptsLoopback && ask.network.isLoopback
        )
        let lifetime = Double(lifetime)
        let record = AuditRecord(event: .smsRequested, detail: ["purpose": .string(ask.purpose.rawValue)])
        let reservation = try await ledger.reserve(phone, purpose: ask.purpose.rawValue, asker: asker) {
            transaction,
            day in
            try await transaction.execute(
                """
                UPDATE sms_code SET replaced_at = instant()
                WHERE phone = \(phone) AND purpose = \(ask.purpose.rawValue) AND browser = \(ask.browser.hash)
                    AND day BETWEEN \(day.number - 1) AND \(day.number + 1) AND replaced_at IS NULL
                """
            )
            try await transaction.execute(
                """
                INSERT INTO sms_code (day, id, phone, browser, purpose, code, issued_at, expires_at)
                VALUES (\(day.number), \(Base64URL.encode(Random.bytes(12))), \(phone), \(ask.browser.hash),
                    \(ask.purpose.rawValue), \(hash), instant(), instant() + make_interval(secs => \(lifetime)))
                """
            )
            try await transaction.execute(record.insertion(ask.trace))
        }
        switch reservation {
        case .reserved(let id, let day): return .reserved(id: id, day: day)
        case .tooSoon(let until):
            let seconds = max(1, Int(until.timeIntervalSince(clock.now).rounded(.up)))
            return .refused(FormFault(.smsTooSoon(seconds: seconds)))
        case .hourLimit(let until):
            return .refused(FormFault(.smsHourLimit(until: clockTime(until), wait: wait(until))))
        case .dayLimit(let until): return .refused(FormFault(.smsDayLimit(until: clockTime(until))))
        case .tooMany(let until): return .refused(FormFault(.rateLimited(until: clockTime(until)), at: .smsCode))
        case .budgetSpent:
            logger.critical("the hour's budget of short messages is spent", metadata: ["why": "sms.most_per_hour"])
            return .refused(FormFault(.vendorDown, at: .smsCode))
        }
    }

    private func message(_ id: String, _ ask: Ask, _ code: String) -> SMSMessage {
        let content = SMSMessage.Content.code(Secret(code), purpose: ask.purpose.words, minutes: minutes)
        return SMSMessage(id: id, phone: ask.phone, content: content, boundTo: boundTo)
    }

    /// To the gateway, once. What it says is written down beside the attempt; the attempt counts in any case.
    @discardableResult
    private func hand(_ message: SMSMessage, day: Day) async -> Bool {
        let outcome = await gateway.send(message)
        mood.note(outcome, at: clock.now)
        try? await ledger.record(outcome, of: message.id, day: day)
        if case .sent = outcome { return true }
        return false
    }

    // MARK: Checking

    /// Judges a code and spends it when it is right. A wrong try counts before anything is answered.
    /// - Returns: what is wrong; nil when the code was right.
    func check(
        _ typed: String,
        phone: String,
        _ purpose: SMSPurpose,
        browser: BrowserIdentity,
        isPretence: Bool = false
    ) async throws -> Fault? {
        let number = isPretence ? "nobody|\(phone)" : phone
        let digits = Self.folded(typed)
        guard !digits.isEmpty else { return .smsCodeRequired }
        guard digits.utf8.count == 6, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return .smsCodeFormat
        }
        let today = Day(of: clock.now)
        let place: SQL = """
            phone = \(index(number)) AND purpose = \(purpose.rawValue) AND browser = \(browser.hash)
                AND day BETWEEN \(today.number - 1) AND \(today.number + 1)
            """
        // Nobody's code is never right: its hash is of a code that no message carried, and may be guessed like any other.
        let hash = isPretence ? [] : hash(digits, number: number, purpose, browser)
        let rows = try await database.write(
            """
            UPDATE sms_code SET tries = tries + 1,
                spent_at = CASE WHEN code = \(hash)::bytea THEN instant() END
            WHERE \(sql: place) AND replaced_at IS NULL AND spent_at IS NULL AND tries < \(Self.tries)
                AND expires_at > instant()
            RETURNING spent_at IS NOT NULL AS is_right, tries
            """
        )
        if let row = rows.first {
            if try row.get("is_right", as: Bool.self) { return nil }
            return try row.get("tries", as: Int.self) >= Self.tries ? .smsTooManyTries : .smsCodeWrong
        }
        let last = try await database.row(
            """
            SELECT tries, spent_at IS NOT NULL AS is_spent FROM sms_code
            WHERE \(sql: place) ORDER BY issued_at DESC LIMIT 1
            """
        )
        guard let last else { return .smsNotRequested }
        if try !last.get("is_spent", as: Bool.self), try last.get("tries", as: Int.self) >= Self.tries {
            return .smsTooManyTries
        }
        return .smsCodeExpired
    }

    /// Seconds until a page may offer 重新获取; nil when this browser has asked for no code for this number.
    func resend(phone: String, _ purpose: SMSPurpose, browser: BrowserIdentity, isPretence: Bool = false) async throws
        -> Int?
    {
        let number = index(isPretence ? "nobody|\(phone)" : phone)
        let today = Day(of: clock.now)
        let row = try await database.row(
            """
            SELECT 1 AS is_there FROM sms_code
            WHERE phone = \(number) AND purpose = \(purpose.rawValue) AND browser = \(browser.hash)
                AND day BETWEEN \(today.number - 1) AND \(today.number + 1)
                AND replaced_at IS NULL AND spent_at IS NULL AND expires_at > instant()
            """
        )
        return row == nil ? nil : try await ledger.wait(number)
    }

    // MARK: Notices

    /// Tells a person that something happened to the account. Nobody waits for it, and no limit of codes holds it back.
    func notify(_ phone: String, event: String) {
        let moment = Int64(clock.now.timeIntervalSince1970)
        let id = Base64URL.encode(Random.bytes(12))
        let message = SMSMessage(id: id, phone: phone, content: .notice(event: event, time: ClockTime.full(moment)))
        Task { _ = await gateway.send(message) }
    }

    // MARK: Small things

    /// Minutes a code is good for, as the pages say it.
    var minutes: Int { max(1, lifetime / 60) }

    /// The blind index of a number in the tables of this room.
    func index(_ number: String) -> [UInt8] { HMAC.sha256(key: key.reveal(), Array("phone|\(number)".utf8)) }

    private func hash(_ code: String, number: String, _ purpose: SMSPurpose, _ browser: BrowserIdentity) -> [UInt8] {
        let bound = "code|\(number)|\(purpose.rawValue)|\(Base64URL.encode(browser.hash))|\(code)"
        return HMAC.sha256(key: key.reveal(), Array(bound.utf8))
    }

    private func clockTime(_ date: Date) -> ClockTime {
        ClockTime(Int64(date.timeIntervalSince1970.rounded(.up)), now: clock.seconds)
    }

    /// The true waiting time in words: 18分钟, 1小时.
    private func wait(_ until: Date) -> String {
        let minutes = max(1, Int((until.timeIntervalSince(clock.now) / 60).rounded(.up)))
        return minutes >= 60 ? "1小时" : "\(minutes)分钟"
    }

    private static func randomCode() -> String {
        // 250 is the largest multiple of ten in a byte: no digit is likelier than another.
        var digits: [UInt8] = []
        while digits.count < 6 {
            for byte in Random.bytes(8) where byte < 250 && digits.count < 6 { digits.append(0x30 + byte % 10) }
        }
        return String(decoding: digits, as: UTF8.self)
    }

    /// Full-width digits count as digits; spaces do not count.
    private static func folded(_ typed: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in typed.unicodeScalars.prefix(24) where scalar != " " && scalar != "\u{3000}" {
            let isFullWidth = (0xFF10...0xFF19).contains(scalar.value)
            scalars.append(isFullWidth ? Unicode.Scalar(UInt8(scalar.value - 0xFF10 + 0x30)) : scalar)
        }
        return String(scalars)
    }
}
