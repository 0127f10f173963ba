/// The parameters of one request, from a query or a form body.
///
/// RFC 6749 §3.1 and §3.2: a parameter without a value counts as not sent, an unknown one is ignored, and none may be sent twice. Only
/// `resource` may be repeated (RFC 8707 §2). Repetition is looked at when a parameter is asked for, so that an endpoint can still find
/// a client and a redirect URI that were sent once, and answer there about the other one that was not.
public struct Parameters: Sendable, Hashable {
    /// How often a parameter was sent with a value.
    public enum Occurrence: Sendable, Hashable {
        /// Not at all, or without a value.
        case absent
        /// Once.
        case once(String)
        /// More than once, whatever the values.
        case repeated
    }

    private struct Pair: Sendable, Hashable {
        let name: String
        let value: String
    }

    private var pairs: [Pair] = []
    /// The names sent with more than one occurrence, empty values included, `resource` left out.
    public private(set) var repeatedNames: [String] = []

    /// No parameters.
    public init() {}

    /// Parses a form body or the raw query of a URI.
    ///
    /// - Parameters:
    ///   - bytes: what the client sent, still encoded.
    ///   - maximumCount: how many pairs are taken; one more is refused.
    /// - Throws: `invalid_request` for a bad escape, text that is not UTF-8, NUL, or too many parameters. Repetition is not an error here.
    public init(form bytes: some Collection<UInt8>, maximumCount: Int = 64) throws(OAuthError) {
        let bytes = ArraySlice(bytes)
        var start = bytes.startIndex
        var count = 0
        while start < bytes.endIndex {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "&")) ?? bytes.endIndex
            defer { start = end + 1 }
            guard end > start else { continue }
            count += 1
            guard count <= maximumCount else { throw OAuthError(.invalidRequest, "too many parameters") }
            let pair = bytes[start..<end]
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? end
            let name = try Self.decode(pair[start..<equals])
            let value = equals < end ? try Self.decode(pair[(equals + 1)..<end]) : ""
            append(name, value)
        }
    }

    /// Parses the raw query of a URI (what follows `?`).
    public init(query: String, maximumCount: Int = 64) throws(OAuthError) {
        try self.init(form: Array(query.utf8), maximumCount: maximumCount)
    }

    /// Parameters that were not sent as a form, such as the ones kept with a stored request.
    public init(_ fields: [(name: String, value: String)]) {
        for field in fields { append(field.name, field.value) }
    }

    private mutating func append(_ name: String, _ value: String) {
        if name != "resource", pairs.contains(where: { $0.name == name }), !repeatedNames.contains(name) {
            repeatedNames.append(name)
        }
        pairs.append(Pair(name: name, value: value))
    }

    private static func decode(_ bytes: ArraySlice<UInt8>) throws(OAuthError) -> String {
        do throws(FormEncoding.Fault) {
            return try FormEncoding.decode(bytes)
        } catch {
            switch error {
            case .badEscape: throw OAuthError(.invalidRequest, "a parameter holds an invalid percent escape")
            case .notUTF8: throw OAuthError(.invalidRequest, "a parameter is not UTF-8")
            case .nul: throw OAuthError(.invalidRequest, "a parameter holds a NUL")
            }
        }
    }
}

extension Parameters {
    /// How often the parameter was sent.
    public func occurrence(of name: String) -> Occurrence {
        if repeatedNames.contains(name) { return .repeated }
        for pair in pairs where pair.name == name && !pair.value.isEmpty { return .once(pair.value) }
        return .absent
    }

    /// The parameter's value, or nil if it was not sent or is empty (RFC 6749 §3.1).
    ///
    /// - Throws: `invalid_request` if it was sent twice.
    public func value(_ name: String) throws(OAuthError) -> String? {
        switch occurrence(of: name) {
        case .absent: return nil
        case .once(let value): return value
        case .repeated: throw OAuthError(.invalidRequest, "\(name) is repeated")
        }
    }

    /// The parameter's value.
    ///
    /// - Throws: `invalid_request` if it is missing, empty or repeated.
    public func required(_ name: String) throws(OAuthError) -> String {
        guard let value = try value(name) else { throw OAuthError(.invalidRequest, "\(name) is missing") }
        return value
    }

    /// Every value of a parameter that may be repeated, in order, empty ones left out.
    public func values(_ name: String) -> [String] {
        pairs.lazy.filter { $0.name == name && !$0.value.isEmpty }.map(\.value)
    }

    /// RFC 6749 §3.1: parameters, also unknown ones, must not be included more than once.
    ///
    /// - Throws: `invalid_request` naming the first repeated one.
    public func refuseRepetition() throws(OAuthError) {
        guard let name = repeatedNames.first else { return }
        throw OAuthError(.invalidRequest, "a parameter is repeated: \(name)")
    }

    /// The parameters as a form again, in order: for keeping a request while the person walks the steps.
    public var encoded: String {
        FormEncoding.encode(pairs.map { (name: $0.name, value: $0.value) })
    }

    /// The same parameters and one more.
    func adding(_ name: String, _ value: String) -> Parameters {
        var more = self
        more.append(name, value)
        return more
    }

    /// The same parameters without the named ones.
    public func removing(_ names: Set<String>) -> Parameters {
        Parameters(pairs.filter { !names.contains($0.name) }.map { (name: $0.name, value: $0.value) })
    }
}
