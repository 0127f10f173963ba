public import Cryptography

extension ClientMetadata {
    /// The hosts of the redirect URIs, in lower case (RFC 3986 §3.2.2).
    var sectorHosts: Set<String> {
        Set(redirectURIs.map { (AbsoluteURI($0.value)?.host ?? $0.value).lowercased() })
    }

    /// Checks what stands at the `sector_identifier_uri` (OpenID Connect Registration §5): a JSON array that holds every redirect URI.
    ///
    /// - Parameter document: what was fetched.
    /// - Throws: `invalid_client_metadata`.
    public func requireSector(_ document: [UInt8]) throws(ClientMetadataError) {
        let listed = (try? JSON(parsing: document, depth: 2))?.strings
        guard let listed else { throw Self.sectorFault("does not give a JSON array of texts") }
        let missing = redirectURIs.filter { uri in !listed.contains { $0.utf8.elementsEqual(uri.value.utf8) } }
        guard missing.isEmpty else {
            throw Self.sectorFault("does not list \(missing.map(\.value).joined(separator: ", ").prefix(120))")
        }
    }

    /// The fault of a document that cannot be had or does not agree.
    public static func sectorFault(_ reason: String) -> ClientMetadataError {
        ClientMetadataError(faults: [
            .init(member: "sector_identifier_uri", reason: reason, code: .invalidClientMetadata)
        ])
    }
}

extension Client {
    /// The sector of a pairwise subject (OpenID Connect Core §8.1): the host of the `sector_identifier_uri`, else the one host of the redirect
    /// URIs. A client without either has nobody to share a sector with: it is one of its own.
    public var sector: String {
        if let uri = metadata.sectorIdentifierURI.flatMap(AbsoluteURI.init), let host = uri.host {
            return host.lowercased()
        }
        let hosts = metadata.sectorHosts
        guard let host = hosts.first, hosts.count == 1 else { return "client:\(id.value)" }
        return host
    }
}

/// The person as one client knows them (OpenID Connect Core §8): the account's own subject, or one for each sector that leads back to nobody.
public struct SubjectIdentifiers: Sendable {
    private let key: Secret<[UInt8]>

    /// - Parameter key: never changes as long as relying parties know people by what comes of it.
    public init(key: Secret<[UInt8]>) { self.key = key }

    /// The subject of a person for a client.
    ///
    /// It follows from the account's subject and not from the account: whoever gets a new subject has a new one everywhere.
    public func subject(_ account: String, for client: Client) -> Subject {
        switch client.subjectType {
        case .public: Subject(account)
        // §8.1: a host holds no bar, so that two pairs never read alike.
        case .pairwise:
            Subject(
                Base64URL.encode(
                    HMAC.sha256(key: key.reveal(), Array("pairwise|\(client.sector)|\(account)".utf8))
                )
            )
        }
    }
}
