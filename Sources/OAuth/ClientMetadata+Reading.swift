public import Cryptography

extension ClientMetadata {
    /// Reads and checks a registration (RFC 7591 §2, OpenID Connect Registration §2).
    ///
    /// `client_id`, `client_secret` and what else a server adds to its answer must be taken out before: they are no metadata.
    ///
    /// - Throws: every fault at once.
    public init(_ json: JSON, policy: ClientRegistrationPolicy) throws(ClientMetadataError) {
        guard let object = json.object else {
            throw ClientMetadataError(faults: [
                .init(member: "registration", reason: "must be a JSON object", code: .invalidClientMetadata)
            ])
        }
        var reader = ClientMetadataReader(object, policy: policy)
        self.init()
        readProtocol(&reader)
        readAlgorithms(&reader)
        readPresentation(&reader)
        readLogin(&reader)
        readCitygate(&reader)
        reader.refuseUnknown()
        checkConsistency(&reader)
        checkTrust(&reader)
        guard reader.faults.isEmpty else { throw ClientMetadataError(faults: reader.faults) }
    }

    /// Reads a registration back from the client table.
    ///
    /// What was accepted once is read again after a switch of the server was turned or a key is gone: a client must not fall out of service for
    /// that, and every use is checked against what is on. The rules for URIs and for members that contradict each other hold as they do in
    /// ``init(_:policy:)``.
    ///
    /// - Throws: every fault at once, for a record that no registration of any server of this release could have made.
    public init(stored json: JSON, policy: ClientRegistrationPolicy) throws(ClientMetadataError) {
        var policy = policy
        policy.capabilities = policy.capabilities.everySwitchOn
        policy.origin = .registry
        policy.shortestLifetime = 1
        try self.init(json, policy: policy)
    }

    private mutating func readProtocol(_ reader: inout ClientMetadataReader) {
        let capabilities = reader.policy.capabilities
        applicationType = reader.word("application_type", of: ApplicationType.allCases) ?? .web
        redirectURIs = reader.redirectURIs("redirect_uris", native: applicationType == .native)
        postLogoutRedirectURIs = reader.redirectURIs("post_logout_redirect_uris", native: applicationType == .native)
        tokenEndpointAuthMethod =
            reader.word("token_endpoint_auth_method", of: capabilities.clientAuthenticationMethods)
            ?? .clientSecretBasic

        // RFC 7591 §2: authorization_code and code are the defaults; a client that names only other grants has no response type.
        if let names = reader.strings("grant_types", most: 10) {
            grantTypes = []
            for name in names {
                guard let grant = GrantType(rawValue: name), capabilities.registrableGrantTypes.contains(grant) else {
                    reader.fault("grant_types", "has a value that this server does not support")
                    continue
                }
                if !grantTypes.contains(grant) { grantTypes.append(grant) }
            }
        }
        if let names = reader.strings("response_types", most: 10) {
            responseTypes = []
            for name in names {
                guard let type = ResponseType(parsing: name), capabilities.responseTypes.contains(type) else {
                    reader.fault("response_types", "has a value that this server does not support")
                    continue
                }
                if !responseTypes.contains(type) { responseTypes.append(type) }
            }
        } else if !grantTypes.contains(.authorizationCode) {
            responseTypes = []
        }
        readScope(&reader)
        backchannelLogoutURI = reader.uri("backchannel_logout_uri")
        backchannelLogoutSessionRequired = reader.boolean("backchannel_logout_session_required")
        requirePushedAuthorizationRequests = reader.boolean("require_pushed_authorization_requests")
        dpopBoundAccessTokens = reader.boolean("dpop_bound_access_tokens")
    }

    private mutating func readScope(_ reader: inout ClientMetadataReader) {
        let policy = reader.policy
        let supported = policy.capabilities.scopes
        guard let text = reader.text("scope", longest: 4096) else {
            // RFC 7591 §2: a default set of scopes. Identity data is never in it.
            scope = supported.filter {
                $0 != Scope.realName && ($0 != Scope.offlineAccess || grantTypes.contains(.refreshToken))
            }
            if policy.origin == .dynamicRegistration, let allowed = policy.allowance.scope {
                scope = scope.intersection(allowed)
            }
            if !grantTypes.contains(.authorizationCode), !grantTypes.contains(.deviceCode) { scope = [] }
            return
        }
        do throws(OAuthError) {
            scope = try Scope(parsing: text)
        } catch {
            reader.fault("scope", "is not a list of scope names")
        }
    }

    private mutating func readAlgorithms(_ reader: inout ClientMetadataReader) {
        let capabilities = reader.policy.capabilities
        readAssertionAlgorithm(&reader)
        idTokenSignedResponseAlg =
            reader.word("id_token_signed_response_alg", of: capabilities.idTokenAlgorithms) ?? .RS256
        userinfoSignedResponseAlg = reader.word("userinfo_signed_response_alg", of: capabilities.userInfoAlgorithms)
        accessTokenSignedResponseAlg =
            reader.word("access_token_signed_response_alg", of: capabilities.accessTokenAlgorithms) ?? .ES256
        accessTokenFormat =
            reader.word("access_token_format", of: capabilities.accessTokenFormats) ?? .jwt
        jwksURI = reader.uri("jwks_uri")
        if let value = reader.json("jwks") {
            jwks = Self.publicKeys(value)
            if jwks == nil { reader.fault("jwks", "must be a JWK set of 1 to 20 public keys") }
        }
    }

    private mutating func readAssertionAlgorithm(_ reader: inout ClientMetadataReader) {
        let member = "token_endpoint_auth_signing_alg"
        guard tokenEndpointAuthMethod == .clientSecretJWT else {
            tokenEndpointAuthSigningAlg = reader.word(member, of: reader.policy.capabilities.clientAssertionAlgorithms)
            return
        }
        if let text = reader.text(member), text != ClientAssertion.symmetricAlgorithm {
            reader.fault(member, "must be \(ClientAssertion.symmetricAlgorithm) for client_secret_jwt")
        }
    }

    /// RFC 7517 §5; a private or symmetric key does not belong in a registration.
    private static func publicKeys(_ json: JSON) -> JWKSet? {
        guard let keys = json["keys"]?.array, (1...20).contains(keys.count),
            keys.allSatisfy({ $0["d"] == nil && $0["k"] == nil && $0["p"] == nil })
        else { return nil }
        // RFC 7517 §5 leaves keys of other kinds out; a set of nothing but those is of no use.
        guard let set = try? JWKSet(json: json), !set.keys.isEmpty else { return nil }
        return set
    }

    private mutating func readPresentation(_ reader: inout ClientMetadataReader) {
        clientName = reader.text("client_name")
        clientURI = reader.uri("client_uri")
        logoURI = reader.uri("logo_uri")
        policyURI = reader.uri("policy_uri")
        tosURI = reader.uri("tos_uri")
        localized = reader.localizedTexts(of: ["client_name", "client_uri", "logo_uri", "policy_uri", "tos_uri"])
        contacts = reader.texts("contacts", most: 10, longest: 254)
        organisation = reader.text("organisation")
        softwareID = reader.text("software_id")
        softwareVersion = reader.text("software_version")
        softwareStatement = reader.text("software_statement", longest: SoftwareStatement.longest)
    }

    private mutating func readLogin(_ reader: inout ClientMetadataReader) {
        let capabilities = reader.policy.capabilities
        subjectType =
            reader.word("subject_type", of: capabilities.subjectTypes) ?? capabilities.subjectTypes.first ?? .public
        sectorIdentifierURI = reader.uri("sector_identifier_uri")
        defaultMaxAge = reader.integer("default_max_age", in: 0...AuthorizationRequest.longestMaxAge)
        requireAuthTime = reader.boolean("require_auth_time")
        defaultACRValues = reader.levels("default_acr_values")
        initiateLoginURI = reader.uri("initiate_login_uri")
    }

    private mutating func readCitygate(_ reader: inout ClientMetadataReader) {
        let shortest = reader.policy.shortestLifetime
        consent = reader.word("consent", of: ConsentPolicy.allCases) ?? .asked
        accessTokenLifetime = reader.integer(
            "access_token_lifetime",
            in: shortest...ClientRegistrationPolicy.longestAccessTokenLifetime
        )
        refreshTokenLifetime = reader.integer(
            "refresh_token_lifetime",
            in: shortest...ClientRegistrationPolicy.longestRefreshTokenLifetime
        )
        idTokenLifetime = reader.integer(
            "id_token_lifetime",
            in: shortest...ClientRegistrationPolicy.longestIDTokenLifetime
        )
        for text in reader.strings("resources") ?? [] {
            if Resource.isValid(text) {
                resources.append(text)
            } else {
                reader.fault("resources", "must hold absolute URIs without a fragment")
            }
        }
        minimumACR = reader.level("minimum_acr")
        maximumACR = reader.level("maximum_acr")
        requirePKCE = reader.boolean("require_pkce", default: true)
        realnameClaims = reader.strings("realname_claims") ?? []
        redirectLoopbackAnyPort = reader.boolean(
            "redirect_loopback_any_port",
            default: applicationType == .native
        )
    }
}
