import Cryptography

// The sections that concern the product: signing, lifetimes, passwords, limits.

extension Configuration {
    /// Which keys sign what.
    struct Signing: Sendable {
        /// Length of new RSA keys, in bits; 2,048.
        var rsaBits: Int
        /// How long a key is published before it signs, so that relying parties know it by then; 24 h, in the sandbox none.
        var publishBefore: Duration
        /// How long a key is published after it has signed last, beyond the longest token; 24 h.
        var retireAfter: Duration
        /// The age at which `citygate keys list` calls for a rotation; 90 d.
        var rotateEvery: Duration

        init(_ reader: inout SettingsReader) {
            rsaBits = reader.read("signing.rsa_bits", .count(2048...4096), default: 2048)
            let overlap: ClosedRange<Duration> =
                (reader.mode == .sandbox ? .seconds(0) : .seconds(3600)) ... .seconds(30 * 86_400)
            publishBefore = reader.read(
                "signing.publish_before",
                .duration(overlap),
                default: reader.mode == .sandbox ? .zero : .seconds(86_400)
            )
            retireAfter = reader.read("signing.retire_after", .duration(overlap), default: .seconds(86_400))
            rotateEvery = reader.read(
                "signing.rotate_every",
                .duration(.seconds(86_400) ... .seconds(366 * 86_400)),
                default: .seconds(90 * 86_400)
            )
        }
    }

    /// How long things are valid. The sandbox allows one second for each.
    struct Lifetimes: Sendable {
        /// Authorization codes; 60 s, 10 min at most (RFC 6749 §4.1.2).
        var authorizationCode: Duration
        /// A pushed authorization request until the browser brings it; 60 s (RFC 9126 §2.2).
        var pushedAuthorization: Duration
        /// Access tokens; 10 min.
        var accessToken: Duration
        /// ID tokens; 10 min.
        var idToken: Duration
        /// Refresh tokens; 30 d.
        var refreshToken: Duration
        /// A spent refresh token, for a client that did not get the answer; 10 s, 0 for never.
        var refreshGrace: Duration
        /// A browser session altogether; 12 h.
        var sessionAbsolute: Duration
        /// An authorization request while the citizen walks through the pages; 30 min.
        var pendingAuthorization: Duration
        /// A captcha; 300 s.
        var captcha: Duration
        /// A code by SMS; 300 s.
        var smsCode: Duration
        /// A journey of several steps, from its beginning; 30 min.
        var journey: Duration
        /// What was proved within a journey, such as hold of a phone; 10 min.
        var journeyProof: Duration

        init(_ reader: inout SettingsReader) {
            func bounds(_ lower: Int, _ upper: Int) -> ClosedRange<Duration> {
                .seconds(reader.mode == .sandbox ? 1 : lower) ... .seconds(upper)
            }
            let day = 86_400
            authorizationCode = reader.read(
                "lifetimes.authorization_code",
                .duration(bounds(10, 600)),
                default: .seconds(60)
            )
            pushedAuthorization = reader.read(
                "lifetimes.pushed_authorization",
                .duration(bounds(5, 600)),
                default: .seconds(60)
            )
            accessToken = reader.read("lifetimes.access_token", .duration(bounds(60, 3600)), default: .seconds(600))
            idToken = reader.read("lifetimes.id_token", .duration(bounds(60, 3600)), default: .seconds(600))
            refreshToken = reader.read(
                "lifetimes.refresh_token",
                .duration(bounds(600, 365 * day)),
                default: .seconds(30 * day)
            )
            refreshGrace = reader.read(
                "lifetimes.refresh_grace",
                .duration(.seconds(0) ... .seconds(60)),
                default: .seconds(10)
            )
            sessionAbsolute = reader.read(
                "lifetimes.session_absolute",
                .duration(bounds(300, 30 * day)),
                default: .seconds(day / 2)
            )
            pendingAuthorization = reader.read(
                "lifetimes.pending_authorization",
                .duration(bounds(300, day)),
                default: .seconds(1800)
            )
            captcha = reader.read("lifetimes.captcha", .duration(bounds(60, 1800)), default: .seconds(300))
            smsCode = reader.read("lifetimes.sms_code", .duration(bounds(60, 1800)), default: .seconds(300))
            journey = reader.read("lifetimes.journey", .duration(bounds(300, day)), default: .seconds(1800))
            journeyProof = reader.read("lifetimes.journey_proof", .duration(bounds(60, 3600)), default: .seconds(600))
        }
    }

    /// Passwords and what checking one costs (Argon2id, RFC 9106 §4).
    struct Passwords: Sendable {
        /// Memory of one hash, in bytes; 19 MiB.
        var memory: Int
        /// Passes over the memory; 2.
        var iterations: Int
        /// Lanes of one hash; 1.
        var parallelism: Int
        /// Hashes at a time, a thread each; 2.
        var workers: Int
        /// Hashes that may wait for a thread; 64. One more is refused at once.
        var queueLimit: Int
        /// The longest wait for a thread; 1 s.
        var queueDeadline: Duration
        /// The shortest password, in characters; 8.
        var shortest: Int
        /// The longest password, in characters; 20, at most 64.
        var longest: Int

        init(_ reader: inout SettingsReader) {
            let isSandbox = reader.mode == .sandbox
            memory = reader.read("passwords.memory", .size((isSandbox ? 1 : 7) << 20...1 << 30), default: 19 << 20)
            iterations = reader.read("passwords.iterations", .count(1...20), default: 2)
            parallelism = reader.read("passwords.parallelism", .count(1...8), default: 1)
            workers = reader.read("passwords.workers", .count(1...64), default: 2)
            queueLimit = reader.read("passwords.queue_limit", .count(1...10_000), default: 64)
            queueDeadline = reader.read(
                "passwords.queue_deadline",
                .duration(.milliseconds(100) ... .seconds(10)),
                default: .seconds(1)
            )
            shortest = reader.read("passwords.shortest", .count(8...64), default: 8)
            longest = reader.read("passwords.longest", .count(8...64), default: 20)
        }
    }

    /// What stops the guessing of passwords.
    struct Throttle: Sendable {
        /// Wrong passwords in a row that lock the password login of an account; 5.
        var wrongPasswords: Int
        /// How long the lock holds; 15 min.
        var lock: Duration
        /// Password attempts of one client address in a minute; 30.
        var attemptsPerAddress: Int
        /// Pages of one network (/24, /48) in a minute and server process; 3,000.
        var pagesPerNetwork: Int

        init(_ reader: inout SettingsReader) {
            let isSandbox = reader.mode == .sandbox
            wrongPasswords = reader.read("throttle.wrong_passwords", .count(3...(isSandbox ? 1000 : 20)), default: 5)
            lock = reader.read(
                "throttle.lock",
                .duration(.seconds(isSandbox ? 1 : 60) ... .seconds(86_400)),
                default: .seconds(900)
            )
            attemptsPerAddress = reader.read("throttle.attempts_per_address", .count(5...100_000), default: 30)
            pagesPerNetwork = reader.read("throttle.pages_per_network", .count(60...10_000_000), default: 3000)
        }
    }

    /// The captcha and what may stand in its place.
    struct CaptchaSettings: Sendable {
        /// Zero bits that the hash of a 无障碍验证 begins with; 16, which are 65,536 tries on average. One more doubles the work.
        var proofBits: Int

        init(_ reader: inout SettingsReader) {
            proofBits = reader.read("captcha.proof_bits", .count(8...24), default: 16)
        }
    }

    /// Devices that show a code (RFC 8628).
    struct DeviceSettings: Sendable {
        /// Both codes of a device, from the first to the tokens; 10 min.
        var lifetime: Duration
        /// The pause between two polls; 5 s.
        var pollInterval: Duration
        /// Wrong user codes of one browser that pause it; 5.
        var wrongCodes: Int
        /// Wrong user codes of one network that pause it; 50.
        var wrongCodesPerNetwork: Int
        /// How long a pause holds; 15 min.
        var pause: Duration

        init(_ reader: inout SettingsReader) {
            let isSandbox = reader.mode == .sandbox
            lifetime = reader.read(
                "device.lifetime",
                .duration(.seconds(isSandbox ? 1 : 120) ... .seconds(1800)),
                default: .seconds(600)
            )
            pollInterval = reader.read(
                "device.poll_interval",
                .duration(.seconds(1) ... .seconds(30)),
                default: .seconds(5)
            )
            wrongCodes = reader.read("device.wrong_codes", .count(3...20), default: 5)
            wrongCodesPerNetwork = reader.read("device.wrong_codes_per_network", .count(10...1000), default: 50)
            pause = reader.read(
                "device.pause",
                .duration(.seconds(isSandbox ? 1 : 60) ... .seconds(86_400)),
                default: .seconds(900)
            )
        }
    }

    /// How accounts come about.
    struct RegistrationSettings: Sendable {
        /// What the box 同步成为国家政务服务平台用户 is; optional.
        var nationalSync: Registration.NationalSync

        init(_ reader: inout SettingsReader) {
            nationalSync = reader.read("registration.national_sync", .choice, default: .optional)
        }
    }

    /// How consent is asked for.
    struct ConsentSettings: Sendable {
        /// Whether boxes stand ticked when a page opens; false.
        var preselected: Bool

        init(_ reader: inout SettingsReader) {
            preselected = reader.read("consent.preselected", .boolean, default: false)
        }
    }
}
