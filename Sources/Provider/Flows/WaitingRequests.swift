import OAuth

/// A waiting authorization request with its client: what the pages of a step say and where they lead.
struct WaitingRequest: Sendable {
    let pending: PendingAuthorization
    let client: Client

    var isOpen: Bool { pending.isOpen }
    /// The dispatcher, with the name of this request.
    var resumePath: String {
        switch pending.purpose {
        case .authorization: "/oauth2/authorize/resume?transaction=\(pending.name)"
        case .device: "/device/confirm?transaction=\(pending.name)"
        }
    }
    /// Whether a box on the login page may be the answer to the request (journeys.md L4): never to a device's, which is answered on a page
    /// that shows its code.
    var takesConsentAtLogin: Bool { pending.purpose == .authorization && client.consent == .asked }
    var loginPath: String { "/login?transaction=\(pending.name)" }
    var loginHint: String? { optional("login_hint") }
    var display: String? { optional("display").flatMap(AuthorizationRequest.Display.init(parsing:))?.rawValue }
    /// The address the request will be answered at: proved before the request was stored. Empty where no redirect answers it.
    var redirectURI: String {
        guard pending.purpose == .authorization else { return "" }
        return optional("redirect_uri") ?? client.redirectURIs.first?.value ?? ""
    }

    var label: RelyingPartyLabel {
        RelyingPartyLabel(
            name: client.metadata.displayName() ?? client.id.value,
            organisation: client.organisation,
            domain: Self.host(of: pending.purpose == .authorization ? redirectURI : client.clientURI ?? "")
        )
    }

    /// The way back for somebody whose page expired: the relying party's own site, if it told us.
    var wayBack: Brand.Link? { client.metadata.homeAddress().map { Brand.Link("返回\(label.name)", $0) } }

    private func optional(_ name: String) -> String? {
        guard case .once(let value) = pending.parameters.occurrence(of: name) else { return nil }
        return value
    }

    private static func host(of uri: String) -> String? {
        Page.origin(of: uri).flatMap { origin in
            origin.split(separator: "/").last.map(String.init)
        }
    }
}

/// Finds waiting requests for the steps.
struct WaitingRequests: Sendable {
    let pending: PendingAuthorizations
    let clients: ClientRegistry

    /// The request of that name in this browser; nil when there is none, it waits for another purpose, or its client is gone.
    func find(_ name: String, for purpose: PendingAuthorization.Purpose? = nil, browser: BrowserIdentity) async throws
        -> WaitingRequest?
    {
        guard !name.isEmpty, let found = try await pending.find(name, browser: browser),
            purpose == nil || found.purpose == purpose,
            let registered = try await clients.find(found.clientID), registered.client.isEnabled
        else { return nil }
        return WaitingRequest(pending: found, client: registered.client)
    }

    func consent(_ waiting: WaitingRequest, by account: AccountID) async throws -> Bool {
        try await pending.consent(waiting.pending, by: account)
    }
}
