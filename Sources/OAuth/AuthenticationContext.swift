public import FoundationEssentials

/// How sure the platform is of who a person is. The one table of levels and their `acr` values.
public enum AssuranceLevel: Int, Sendable, Hashable, CaseIterable, Comparable {
    /// No verification of the person.
    case l1 = 1
    /// 初级认证: an identity document checked against its source.
    case l2 = 2
    /// 中级认证: bank card or face.
    case l3 = 3
    /// 高级认证: a physical credential.
    case l4 = 4

    private static let prefix = "urn:citygate:acr:L"

    /// The level's authentication context class reference (OpenID Connect Core §2, `acr`).
    public var acr: String { Self.prefix + String(rawValue) }

    /// The level of a class reference; nil for a value that is not ours.
    public init?(acr: String) {
        guard let level = Self.allCases.first(where: { $0.acr == acr }) else { return nil }
        self = level
    }

    /// Lower levels first.
    public static func < (left: AssuranceLevel, right: AssuranceLevel) -> Bool { left.rawValue < right.rawValue }
}

/// `amr` values (RFC 8176 §2) that the platform's ways of logging in produce.
public enum AuthenticationMethod: String, Sendable, Hashable, CaseIterable {
    /// Password.
    case password = "pwd"
    /// A code sent to the phone.
    case sms
    /// A one-time password.
    case oneTimePassword = "otp"
    /// Face comparison.
    case face
    /// Proof of possession of a key in hardware.
    case hardwareKey = "hwk"
    /// Proof of possession of a key in software.
    case softwareKey = "swk"
    /// The person confirmed on another device.
    case user
    /// Several channels took part, such as a phone beside the browser.
    case multipleChannel = "mca"
    /// Several factors took part.
    case multipleFactor = "mfa"
}

/// When, how strongly and by what means a person proved who they are (OpenID Connect Core §2).
public struct AuthenticationContext: Sendable, Hashable {
    /// The moment of the login itself (`auth_time`).
    public var time: Date
    /// The level of the account (`acr`).
    public var level: AssuranceLevel
    /// How the person logged in (`amr`); empty where a bridge did not say.
    public var methods: [AuthenticationMethod]

    /// A context from the session.
    public init(time: Date, level: AssuranceLevel, methods: [AuthenticationMethod]) {
        self.time = time
        self.level = level
        self.methods = methods
    }
}

/// Seconds since 1970 as JWT's NumericDate (RFC 7519 §2), cut to whole seconds.
func numericDate(_ date: Date) -> Int {
    let seconds = date.timeIntervalSince1970.rounded(.down)
    // Far outside any calendar the value would not fit; a token of that time is refused by its reader in any case.
    guard seconds > -1e15, seconds < 1e15 else { return seconds < 0 ? -1_000_000_000_000_000 : 1_000_000_000_000_000 }
    return Int(seconds)
}
