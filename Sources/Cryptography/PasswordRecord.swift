/// What is stored for a password: a PHC string of Argon2id, with the version of the pepper as `keyid`.
///
/// `$argon2id$v=19$m=19456,t=2,p=1,keyid=MQ$salt$tag`. `keyid` is base64 of the decimal version, as the PHC format wants
/// it; it is absent when there was no pepper. Read strictly: one text for each record.
struct PasswordRecord: Equatable {
    var parameters: PasswordHasher.Parameters
    var pepperVersion: Int?
    var salt: [UInt8]
    var tag: [UInt8]

    init(parameters: PasswordHasher.Parameters, pepperVersion: Int?, salt: [UInt8], tag: [UInt8]) {
        self.parameters = parameters
        self.pepperVersion = pepperVersion
        self.salt = salt
        self.tag = tag
    }

    /// The PHC string.
    var text: String {
        var settings = "m=\(parameters.memory),t=\(parameters.iterations),p=\(parameters.lanes)"
        if let pepperVersion {
            settings += ",keyid=" + Base64.encode(Array(String(pepperVersion).utf8), padded: false)
        }
        let (salt, tag) = (Base64.encode(salt, padded: false), Base64.encode(tag, padded: false))
        return "$argon2id$v=19$\(settings)$\(salt)$\(tag)"
    }

    /// Reads a PHC string; nil for anything that ``text`` would not have written, and for settings out of bounds.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count <= 512 else { return nil }
        let parts = bytes.split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0].isEmpty, parts[1].elementsEqual("argon2id".utf8),
            parts[2].elementsEqual("v=19".utf8)
        else { return nil }
        let settings = parts[3].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard settings.count == 3 || settings.count == 4,
            let memory = Self.number(settings[0], after: "m="),
            let iterations = Self.number(settings[1], after: "t="),
            let lanes = Self.number(settings[2], after: "p="),
            let parameters = PasswordHasher.Parameters(memory: memory, iterations: iterations, lanes: lanes),
            let salt = Base64.decode(parts[4], padded: false), (8...64).contains(salt.count),
            let tag = Base64.decode(parts[5], padded: false), (16...64).contains(tag.count)
        else { return nil }
        var pepperVersion: Int?
        if settings.count == 4 {
            guard let encoded = Self.value(settings[3], after: "keyid="),
                let digits = Base64.decode(encoded, padded: false), let version = Self.number(digits)
            else { return nil }
            pepperVersion = version
        }
        self.init(parameters: parameters, pepperVersion: pepperVersion, salt: salt, tag: tag)
    }

    private static func value(_ setting: some Collection<UInt8>, after name: StaticString) -> [UInt8]? {
        let name = Array(name.description.utf8)
        guard setting.starts(with: name) else { return nil }
        return Array(setting.dropFirst(name.count))
    }

    private static func number(_ setting: some Collection<UInt8>, after name: StaticString) -> Int? {
        value(setting, after: name).flatMap { number($0) }
    }

    /// A decimal number of 1 to 9 digits without sign and leading zero.
    private static func number(_ digits: [UInt8]) -> Int? {
        guard (1...9).contains(digits.count), digits[0] != UInt8(ascii: "0"),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
}
