import OAuth

/// Looks at what stands behind a `sector_identifier_uri` when a client is registered (OpenID Connect Registration §5): only whoever serves that
/// address can let a client into its sector, and so into what its other clients know of people.
struct SectorIdentifiers: Sendable {
    let outbound: OutboundFetch

    /// - Throws: `ClientMetadataError` where the document cannot be had or does not list every redirect URI.
    func check(_ metadata: ClientMetadata) async throws {
        guard let uri = metadata.sectorIdentifierURI else { return }
        let document: OutboundFetch.Document
        do throws(OutboundFetch.Fault) {
            document = try await outbound.get(uri, accepting: "application/json")
        } catch {
            // Which of the reasons it was would tell a client about our network.
            throw ClientMetadata.sectorFault("cannot be fetched")
        }
        try metadata.requireSector(document.body)
    }
}
