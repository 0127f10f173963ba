import Cryptography

/// Reads the members of a registration one by one and collects what is wrong.
struct ClientMetadataReader {
    let object: JSONObject
    let policy: ClientRegistrationPolicy
    private(set) var faults: [ClientMetadataError.Fault] = []
    private var known: Set<String> = []

    init(_ object: JSONObject, policy: ClientRegistrationPolicy) {
        self.object = object
        self.policy = policy
    }

    mutating func fault(_ member: String, _ reason: String, _ code: OAuthError.Code = .invalidClientMetadata) {
        faults.append(.init(member: member, reason: reason, code: code))
    }

    /// True if the registration has the member with a value. RFC 7591 §2: null counts as not sent.
    func has(_ member: String) -> Bool { object[member].map { !$0.isNull } ?? false }

    private mutating func take(_ member: String) -> JSON? {
        known.insert(member)
        guard let value = object[member], !value.isNull else { return nil }
        return value
    }

    /// A member of any shape.
    mutating func json(_ member: String) -> JSON? { take(member) }

    /// A text for people: no control characters and none that turn the direction of writing.
    mutating func text(_ member: String, longest: Int = 200) -> String? {
        guard let value = take(member) else { return nil }
        guard let text = value.string, Self.isReadable(text, longest: longest) else {
            fault(member, "must be a text of at most \(longest) bytes without control characters")
            return nil
        }
        return text
    }

    mutating func boolean(_ member: String, default standard: Bool = false) -> Bool {
        guard let value = take(member) else { return standard }
        guard let flag = value.bool else {
            fault(member, "must be true or false")
            return standard
        }
        return flag
    }

    mutating func integer(_ member: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = take(member) else { return nil }
        guard let number = value.int, let number = Int(exactly: number), range.contains(number) else {
            fault(member, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    mutating func strings(_ member: String, most: Int = 50, longest: Int = 2048) -> [String]? {
        guard let value = take(member) else { return nil }
        guard let strings = value.strings, strings.count <= most, strings.allSatisfy({ $0.utf8.count <= longest })
        else {
            fault(member, "must be a list of at most \(most) texts")
            return nil
        }
        return strings
    }

    /// Texts for people.
    mutating func texts(_ member: String, most: Int, longest: Int) -> [String] {
        let texts = strings(member, most: most, longest: longest) ?? []
        guard texts.allSatisfy({ Self.isReadable($0, longest: longest) }) else {
            fault(member, "must be texts without control characters")
            return []
        }
        return texts
    }

    /// One word of a closed list that the server also supports.
    mutating func word<Value: RawRepresentable & Equatable>(_ member: String, of allowed: [Value]) -> Value?
    where Value.RawValue == String {
        guard let value = take(member) else { return nil }
        guard let text = value.string, let word = Value(rawValue: text), allowed.contains(word) else {
            fault(member, "must be one of: \(allowed.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        return word
    }

    /// An absolute URI: https, or plain http on a loopback host where the policy allows it.
    mutating func uri(_ member: String) -> String? {
        guard let value = take(member) else { return nil }
        guard let text = value.string, let uri = AbsoluteURI(text), uri.hasPlainHost, uri.userinfo == nil,
            uri.fragment == nil, let host = uri.host,
            uri.scheme == "https"
                || (uri.scheme == "http" && policy.allowLoopbackHTTP && AbsoluteURI.isLoopback(host))
        else {
            fault(member, "must be an https URI without user information and fragment")
            return nil
        }
        return text
    }

    mutating func redirectURIs(_ member: String, native: Bool) -> [RegisteredRedirectURI] {
        let texts = strings(member, most: 50) ?? []
        var found: [RegisteredRedirectURI] = []
        for text in texts {
            let result = RegisteredRedirectURI.check(
                text,
                native: native,
                allowLoopbackHTTP: policy.allowLoopbackHTTP,
                allowSandboxPatterns: policy.allowSandboxPatterns
            )
            switch result {
            case .success(let uri): if !found.contains(uri) { found.append(uri) }
            case .failure(let why):
                fault(member, "\(text.prefix(100)) \(why.rawValue)", .invalidRedirectURI)
            }
        }
        return found
    }

    mutating func level(_ member: String) -> AssuranceLevel? {
        guard let text = text(member) else { return nil }
        guard let level = AssuranceLevel(acr: text), policy.capabilities.levels.contains(level) else {
            fault(member, "has a value that this server does not support")
            return nil
        }
        return level
    }

    mutating func levels(_ member: String) -> [AssuranceLevel] {
        var levels: [AssuranceLevel] = []
        for text in strings(member, most: 8) ?? [] {
            guard let level = AssuranceLevel(acr: text), policy.capabilities.levels.contains(level) else {
                fault(member, "has a value that this server does not support")
                continue
            }
            levels.append(level)
        }
        return levels
    }

    /// `client_name#zh-Hans` and the like (RFC 7591 §2.2).
    mutating func localizedTexts(of members: [String]) -> [String: String] {
        var found: [String: String] = [:]
        for name in object.names {
            let parts = name.utf8.split(separator: UInt8(ascii: "#"), omittingEmptySubsequences: false)
            guard parts.count == 2, let tag = parts.last, Self.isLanguageTag(tag),
                members.contains(String(decoding: parts[0], as: UTF8.self))
            else { continue }
            let isURI = parts[0].suffix(4).elementsEqual("_uri".utf8)
            guard found.count < 40 else {
                fault(name, "is one localised text too many")
                return found
            }
            if let text = isURI ? uri(name) : text(name) { found[name] = text }
        }
        return found
    }

    /// Members that nobody asked for: a mistake from an operator, nothing from a client (RFC 7591 §2).
    mutating func refuseUnknown() {
        guard policy.origin == .administrator else { return }
        for name in object.names where !known.contains(name) { fault(name, "is not a known member") }
    }

    private static func isReadable(_ text: String, longest: Int) -> Bool {
        guard (1...longest).contains(text.utf8.count) else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: false
            default: true
            }
        }
    }

    private static func isLanguageTag(_ tag: String.UTF8View.SubSequence) -> Bool {
        (2...35).contains(tag.count)
            && tag.allSatisfy { FormEncoding.isUnreserved($0) && $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "~") }
    }
}
