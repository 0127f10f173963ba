public import Cryptography
public import FoundationEssentials

/// A registration or its replacement as it comes from a client (RFC 7591 §3.1, RFC 7592 §2.2): read, not yet judged.
public struct ClientRegistrationRequest: Sendable {
    /// The members of the body.
    public let members: JSONObject

    /// Parses a body: strict JSON, one object.
    ///
    /// - Throws: `invalid_client_metadata`.
    public init(body: some Collection<UInt8>) throws(OAuthError) {
        let json: JSON
        do {
            json = try JSON(parsing: body, depth: 16)
        } catch {
            throw OAuthError(.invalidClientMetadata, "the body is not JSON: \(error)")
        }
        guard let object = json.object else {
            throw OAuthError(.invalidClientMetadata, "the body is not a JSON object")
        }
        members = object
    }

    /// Judges the registration.
    ///
    /// What a software statement states goes before what stands beside it (RFC 7591 §2.3). Members that mean nothing here are ignored (§2);
    /// so are `client_id` and `client_secret`, which are the server's to choose.
    ///
    /// - Parameters:
    ///   - policy: what may be registered; its `vouched` is set here.
    ///   - issuers: whose software statements count.
    ///   - now: the present moment.
    /// - Returns: what is to be stored.
    /// - Throws: `invalid_redirect_uri`, `invalid_client_metadata`, `invalid_software_statement`, `unapproved_software_statement`.
    public func metadata(
        policy: ClientRegistrationPolicy,
        issuers: [SoftwareStatement.Issuer],
        now: Date
    ) throws(OAuthError) -> ClientMetadata {
        var (policy, members) = (policy, members)
        if let value = members["software_statement"], !value.isNull {
            guard let text = value.string else {
                throw OAuthError(.invalidSoftwareStatement, "software_statement is not a text")
            }
            let server = policy.capabilities.issuer
            let statement = try SoftwareStatement(text, issuers: issuers, server: server, now: now)
            for name in statement.members.names where name != "software_statement" {
                members[name] = statement.members[name]
            }
            policy.vouched = Set(statement.members.names)
        } else if policy.allowance.requiresSoftwareStatement {
            throw OAuthError(.invalidSoftwareStatement, "this registration needs a software_statement")
        }
        do throws(ClientMetadataError) {
            return try ClientMetadata(.object(ClientMetadata.completing(members, under: policy)), policy: policy)
        } catch {
            throw error.oauthError
        }
    }

    /// What a replacement must say of the client itself (RFC 7592 §2.2).
    ///
    /// - Parameters:
    ///   - id: whose registration it is.
    ///   - isSecret: whether a text is the client's live secret.
    /// - Throws: `invalid_client_metadata`.
    public func requireReplacement(of id: ClientID, isSecret: (String) -> Bool) throws(OAuthError) {
        guard members["client_id"]?.string == id.value else {
            throw OAuthError(.invalidClientMetadata, "client_id must be that of the registration")
        }
        for name in Self.serversOwn where members[name] != nil {
            throw OAuthError(.invalidClientMetadata, "\(name) must not be sent: it is the server's")
        }
        guard let value = members["client_secret"] else { return }
        guard let secret = value.string, isSecret(secret) else {
            throw OAuthError(.invalidClientMetadata, "client_secret is not the current one; a client cannot choose it")
        }
    }

    private static let serversOwn = [
        "registration_access_token", "registration_client_uri", "client_id_issued_at", "client_secret_expires_at",
    ]
}

/// What a client is told of its registration (RFC 7591 §3.2.1, RFC 7592 §3).
public struct ClientInformation: Sendable {
    /// The client as it holds now.
    public let client: Client
    /// A secret that was just made; one that was made before is kept as a hash and cannot be told again.
    public let secret: Secret<String>?
    /// Whether the client proves itself by a secret at all.
    public let hasSecret: Bool
    /// When it was registered.
    public let issuedAt: Date
    /// `registration_access_token`
    public let accessToken: Secret<String>
    /// `registration_client_uri`
    public let address: String

    /// Everything of an answer.
    public init(
        client: Client,
        secret: Secret<String>?,
        hasSecret: Bool,
        issuedAt: Date,
        accessToken: Secret<String>,
        address: String
    ) {
        self.client = client
        self.secret = secret
        self.hasSecret = hasSecret
        self.issuedAt = issuedAt
        self.accessToken = accessToken
        self.address = address
    }

    /// The body, every default filled in.
    public func body() -> [UInt8] {
        var out = JSONObject()
        out["client_id"] = .string(client.id.value)
        if let secret { out["client_secret"] = .string(secret.reveal()) }
        out["client_id_issued_at"] = .integer(Int64(numericDate(issuedAt)))
        // RFC 7591 §3.2.1: 0 for a secret that does not expire.
        if hasSecret { out["client_secret_expires_at"] = 0 }
        out["registration_access_token"] = .string(accessToken.reveal())
        out["registration_client_uri"] = .string(address)
        let metadata = client.metadata.json.object ?? JSONObject()
        for name in metadata.names { out[name] = metadata[name] }
        for flag in Self.flags where out[flag] == nil { out[flag] = false }
        return JSON.object(out).bytes
    }

    /// Members that are false where nothing is said.
    private static let flags = [
        "require_auth_time", "backchannel_logout_session_required", "require_pushed_authorization_requests",
        "dpop_bound_access_tokens",
    ]
}
