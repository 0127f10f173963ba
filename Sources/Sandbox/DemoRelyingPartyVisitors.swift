import Cryptography
import Synchronization

/// What the site remembers of browsers, in memory only: logins under way, and who is logged in. Bounded in number and time.
final class DemoVisitors: Sendable {
    /// A login under way: everything its answer is checked against.
    struct Attempt: Sendable {
        let state: String
        let nonce: String
        let verifier: String
        let options: DemoLoginOptions
        /// Seconds since 1970.
        let startedAt: Int64
    }

    /// One browser, found by its cookie.
    struct Visitor: Sendable {
        /// The anti-forgery value of its forms.
        let csrf = OpaqueToken().value.reveal()
        var attempts: [Attempt] = []
        var login: DemoLogin?
        var fault: DemoFault?
        /// `state` of a logout request under way.
        var logoutState: String?
        /// When the issuer ended the login by the back channel, in seconds since 1970.
        var endedAt: Int64?
        var seenAt: Int64
    }

    private struct Memory {
        var visitors: [[UInt8]: Visitor] = [:]
        var posted: [[UInt8]: (form: DemoForm, at: Int64)] = [:]
        /// The newest first.
        var notices: [DemoNotice] = []
    }

    static let largest = 2000
    static let attemptsPerVisitor = 8
    static let attemptLifetime: Int64 = 1800
    static let visitorLifetime: Int64 = 8 * 3600
    private static let largestPosted = 200
    private static let postedLifetime: Int64 = 60
    private static let mostNotices = 50

    private let memory = Mutex(Memory())
    private let now: @Sendable () -> Int64

    init(now: @escaping @Sendable () -> Int64) {
        self.now = now
    }

    /// How many browsers it remembers.
    var count: Int { memory.withLock { $0.visitors.count } }

    /// The visitor of a cookie, if the site still remembers one.
    func visitor(_ cookie: String?) -> Visitor? {
        let now = now()
        return cookie.flatMap { cookie in
            memory.withLock {
                $0.visitors[Self.key(cookie)].flatMap { now - $0.seenAt < Self.visitorLifetime ? $0 : nil }
            }
        }
    }

    /// Remembers a login under way.
    /// - Returns: the cookie of the visitor, a new one where none was known.
    func begin(_ attempt: Attempt, cookie: String?) -> String {
        let now = now()
        var cookie = cookie ?? ""
        if visitor(cookie) == nil { cookie = OpaqueToken().value.reveal() }
        return memory.withLock { memory in
            Self.makeRoom(&memory, now)
            var visitor = memory.visitors[Self.key(cookie)] ?? Visitor(seenAt: now)
            visitor.seenAt = now
            visitor.attempts.removeAll { now - $0.startedAt >= Self.attemptLifetime }
            visitor.attempts = visitor.attempts.suffix(Self.attemptsPerVisitor - 1) + [attempt]
            memory.visitors[Self.key(cookie)] = visitor
            return cookie
        }
    }

    /// Takes a login under way out of its own browser's list; a second answer to it finds nothing.
    func take(state: String, cookie: String?) -> Attempt? {
        let now = now()
        guard let cookie else { return nil }
        return memory.withLock { memory in
            guard var visitor = memory.visitors[Self.key(cookie)],
                let place = visitor.attempts.firstIndex(where: {
                    ConstantTime.equal(Array($0.state.utf8), Array(state.utf8))
                })
            else { return nil }
            let attempt = visitor.attempts.remove(at: place)
            memory.visitors[Self.key(cookie)] = visitor
            return now - attempt.startedAt < Self.attemptLifetime ? attempt : nil
        }
    }

    /// Changes a visitor and gives the browser a new cookie, so that a cookie known to somebody else before is worth nothing.
    func renew(_ cookie: String?, _ change: (inout Visitor) -> Void) -> String {
        let now = now()
        let fresh = OpaqueToken().value.reveal()
        memory.withLock { memory in
            Self.makeRoom(&memory, now)
            var visitor = Visitor(seenAt: now)
            if let old = cookie.flatMap({ memory.visitors.removeValue(forKey: Self.key($0)) }) {
                visitor.attempts = old.attempts
                visitor.login = old.login
                visitor.fault = old.fault
                visitor.logoutState = old.logoutState
            }
            change(&visitor)
            memory.visitors[Self.key(fresh)] = visitor
        }
        return fresh
    }

    /// Changes a visitor that is known; does nothing for another.
    func update(_ cookie: String?, _ change: (inout Visitor) -> Void) {
        guard let cookie else { return }
        memory.withLock { memory in
            guard var visitor = memory.visitors[Self.key(cookie)] else { return }
            change(&visitor)
            memory.visitors[Self.key(cookie)] = visitor
        }
    }

    /// Keeps an answer that was posted from another site, where the browser holds the cookie back, until it comes again by GET.
    func keep(_ form: DemoForm) -> String {
        let now = now()
        let handle = OpaqueToken().value.reveal()
        memory.withLock { memory in
            memory.posted = memory.posted.filter { now - $0.value.at < Self.postedLifetime }
            if memory.posted.count >= Self.largestPosted,
                let oldest = memory.posted.min(by: { $0.value.at < $1.value.at })
            {
                memory.posted[oldest.key] = nil
            }
            memory.posted[Self.key(handle)] = (form, now)
        }
        return handle
    }

    /// Takes a kept answer, once.
    func takeKept(_ handle: String) -> DemoForm? {
        let now = now()
        let kept = memory.withLock { $0.posted.removeValue(forKey: Self.key(handle)) }
        return kept.flatMap { now - $0.at < Self.postedLifetime ? $0.form : nil }
    }

    // MARK: The back channel

    /// The notices that came, the newest first.
    var notices: [DemoNotice] { memory.withLock { $0.notices } }

    /// Logs out every browser that a notice speaks of: of this session, or, where it names none, of this person.
    func end(_ token: DemoLogoutToken) {
        let now = now()
        memory.withLock { memory in
            // §2.6: a token is taken once. The second time it changes nothing.
            guard !memory.notices.contains(where: { $0.tokenID == token.id }) else { return }
            var ended = 0
            for (key, visitor) in memory.visitors {
                guard let claims = visitor.login?.idToken.claims,
                    token.sessionID.map({ claims["sid"]?.string == $0 }) ?? true,
                    token.subject.map({ claims["sub"]?.string == $0 }) ?? true
                else { continue }
                memory.visitors[key]?.login = nil
                memory.visitors[key]?.endedAt = now
                ended += 1
            }
            Self.note(DemoNotice(at: now, fault: nil, ended: ended, tokenID: token.id), in: &memory)
        }
    }

    /// Remembers a notice that was not accepted.
    func refuse(_ fault: DemoFault) {
        let now = now()
        memory.withLock { Self.note(DemoNotice(at: now, fault: fault.code, ended: 0, tokenID: nil), in: &$0) }
    }

    private static func note(_ notice: DemoNotice, in memory: inout Memory) {
        memory.notices = [notice] + memory.notices.prefix(mostNotices - 1)
    }

    private static func makeRoom(_ memory: inout Memory, _ now: Int64) {
        guard memory.visitors.count >= largest else { return }
        memory.visitors = memory.visitors.filter { now - $0.value.seenAt < visitorLifetime }
        while memory.visitors.count >= largest,
            let oldest = memory.visitors.min(by: { $0.value.seenAt < $1.value.seenAt })
        {
            memory.visitors[oldest.key] = nil
        }
    }

    private static func key(_ cookie: String) -> [UInt8] { OpaqueToken.hash(cookie, type: "demo") }
}
