import Cryptography

/// Which level a request and its client want (`acr_values`, the `acr` claim of `claims`, `default_acr_values`, `minimum_acr`).
public struct RequestedAssurance: Sendable, Hashable {
    /// What to do about a person of some level.
    public enum Verdict: Sendable, Hashable {
        /// Good enough; tokens state this level.
        case satisfied(AssuranceLevel)
        /// The person must rise to this level first.
        case raise(to: AssuranceLevel)
        /// What is demanded cannot be reached on this server by a person of this level. The least level that would do, if one of ours would.
        case unattainable(AssuranceLevel?)
    }

    /// The levels named by the request, unknown values left out. A person of a higher level satisfies a lower one.
    public var levels: [AssuranceLevel] = []
    /// The request demands one of the levels (OpenID Connect Core §5.5.1.1); otherwise it prefers one.
    public var isEssential = false
    /// What the client never goes below.
    public var minimum: AssuranceLevel?
    /// What the client never hears more than.
    public var maximum: AssuranceLevel?

    /// No wish.
    public init(
        levels: [AssuranceLevel] = [],
        isEssential: Bool = false,
        minimum: AssuranceLevel? = nil,
        maximum: AssuranceLevel? = nil
    ) {
        self.levels = levels
        self.isEssential = isEssential
        self.minimum = minimum
        self.maximum = maximum
    }

    init(acrValues: String?, claims: ClaimsRequest, client: Client) throws(OAuthError) {
        minimum = client.minimumACR
        maximum = client.maximumACR
        if let wish = claims.idToken["acr"], wish.isEssential, !wish.values.isEmpty {
            levels = wish.values.compactMap { $0.string.flatMap(AssuranceLevel.init(acr:)) }
            isEssential = true
        } else if let acrValues {
            levels = acrValues.utf8.split(separator: UInt8(ascii: " "))
                .compactMap { AssuranceLevel(acr: String(decoding: $0, as: UTF8.self)) }
        } else if let wish = claims.idToken["acr"], !wish.values.isEmpty {
            levels = wish.values.compactMap { $0.string.flatMap(AssuranceLevel.init(acr:)) }
        } else {
            levels = client.defaultACRValues
        }
        guard levels.count <= 16 else { throw OAuthError(.invalidRequest, "too many acr values") }
        // A level that is not for this client is as good as one that nobody knows.
        if let maximum { levels.removeAll { $0 > maximum } }
    }

    /// What a client hears whose demand cannot be met (OpenID Connect Core Unmet Authentication Requirements §2).
    public static let unmet = OAuthError(.unmetAuthenticationRequirements, "the demanded acr cannot be reached")

    /// What a client hears when the person leaves at the page that tells of the missing level: that they would not go on, where there was
    /// a way; that nothing could be done, where there was none. Nil where the person has what is demanded.
    ///
    /// - Parameters:
    ///   - level: the person's.
    ///   - attainable: levels that can be reached on this server.
    /// - Returns: the error.
    public func refusal(of level: AssuranceLevel, attainable: [AssuranceLevel]) -> OAuthError? {
        switch verdict(for: level, attainable: attainable) {
        case .satisfied: nil
        case .raise: OAuthError(.accessDenied, "the person did not raise the level")
        case .unattainable: Self.unmet
        }
    }

    /// Judges a person's level.
    ///
    /// - Parameters:
    ///   - level: the person's.
    ///   - attainable: levels that can be reached on this server.
    /// - Returns: what to do.
    public func verdict(for level: AssuranceLevel, attainable: [AssuranceLevel]) -> Verdict {
        let floor = minimum ?? .l1
        // The greatest named level that the person has is what the tokens state: it is what was asked for, and it is true.
        if level >= floor {
            if levels.isEmpty && !isEssential { return .satisfied(heard(level)) }
            if let reported = levels.filter({ $0 <= level }).max() { return .satisfied(reported) }
        }
        let candidates = levels.isEmpty && !isEssential ? [floor] : levels.map { max($0, floor) }
        if let next = candidates.filter({ $0 > level && attainable.contains($0) }).min() { return .raise(to: next) }
        // OpenID Connect Core §3.1.2.1: acr_values is a preference. What nobody can reach is not worth an error, but the client's floor is.
        if !isEssential {
            if level >= floor { return .satisfied(heard(level)) }
            if attainable.contains(floor) { return .raise(to: floor) }
        }
        return .unattainable(candidates.filter { $0 > level }.min())
    }

    private func heard(_ level: AssuranceLevel) -> AssuranceLevel { min(level, maximum ?? level) }
}
