public import Cryptography

/// The `claims` parameter (OpenID Connect Core §5.5): claims asked for one by one.
public struct ClaimsRequest: Sendable, Equatable {
    /// One claim's wish.
    public struct Wish: Sendable, Equatable {
        /// The client says it cannot do without (§5.5.1). A missing essential claim is still no error.
        public let isEssential: Bool
        /// Values the client would take; empty if any.
        public let values: [JSON]

        /// A wish.
        public init(isEssential: Bool = false, values: [JSON] = []) {
            self.isEssential = isEssential
            self.values = values
        }

        /// True if the wish takes the value.
        public func accepts(_ value: JSON) -> Bool { values.isEmpty || values.contains(value) }
    }

    /// Claims for the userinfo answer.
    public private(set) var userInfo: [String: Wish] = [:]
    /// Claims for the ID token.
    public private(set) var idToken: [String: Wish] = [:]

    /// The longest parameter taken, in bytes.
    public static let longest = 4096
    /// How many claims each of the two lists may hold.
    public static let maximumCount = 64

    /// Nothing asked for.
    public init() {}

    /// Parses the parameter's JSON.
    ///
    /// - Throws: `invalid_request` if it is not such an object, or too large. Other members beside `userinfo` and `id_token`, and other
    ///   members of a wish, are ignored (§5.5, §5.5.1).
    public init(parsing text: String) throws(OAuthError) {
        guard text.utf8.count <= Self.longest, !Self.mayHoldNUL(text) else {
            throw OAuthError(.invalidRequest, "claims is longer than \(Self.longest) bytes or holds a NUL")
        }
        try self.init(stored: text)
    }

    /// Parses a parameter that was taken before. The store may have written it in more bytes than it came in.
    ///
    /// - Throws: `invalid_request` if it is none.
    public init(stored text: String) throws(OAuthError) {
        guard let json = try? JSON(parsing: text, depth: 8), json.object != nil else {
            throw OAuthError(.invalidRequest, "claims is not a JSON object")
        }
        userInfo = try Self.wishes(json["userinfo"])
        idToken = try Self.wishes(json["id_token"])
    }

    /// Every claim named in either list, sorted.
    public var names: [String] { Set(userInfo.keys).union(idToken.keys).sorted() }

    /// A NUL has one spelling in JSON, and no store of ours keeps one.
    private static func mayHoldNUL(_ text: String) -> Bool {
        text.utf8.firstRange(of: "\\u0000".utf8) != nil
    }

    private static func wishes(_ json: JSON?) throws(OAuthError) -> [String: Wish] {
        guard let json, !json.isNull else { return [:] }
        guard let object = json.object, object.count <= maximumCount else {
            throw OAuthError(.invalidRequest, "claims holds a list that is no object or too long")
        }
        var wishes: [String: Wish] = [:]
        for (name, value) in object { wishes[name] = try wish(value) }
        return wishes
    }

    /// §5.5.1: null, or an object with `essential`, `value` or `values`.
    private static func wish(_ json: JSON) throws(OAuthError) -> Wish {
        if json.isNull { return Wish() }
        guard json.object != nil else {
            throw OAuthError(.invalidRequest, "a claim in claims is neither null nor an object")
        }
        var values = json["value"].map { [$0] } ?? []
        if let several = json["values"] {
            guard let list = several.array, list.count <= maximumCount else {
                throw OAuthError(.invalidRequest, "values of a claim in claims is not a list")
            }
            values += list
        }
        if let essential = json["essential"], essential.bool == nil {
            throw OAuthError(.invalidRequest, "essential of a claim in claims is not true or false")
        }
        return Wish(isEssential: json["essential"]?.bool ?? false, values: values)
    }
}
