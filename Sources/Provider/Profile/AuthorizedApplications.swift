import FoundationEssentials
import Hummingbird
import OAuth

/// 已授权的应用 (journeys.md I4 of the protocol surface, U8): what the person allowed to whom, and the way to take it back.
struct AuthorizedApplications: Sendable {
    static let path = "/account/authorizations"

    let door: ProfileDoor
    let consents: Consents
    let clients: ClientRegistry
    let access: AccountAccess

    func addRoutes(to router: Router<ProviderContext>) {
        router.get("account/authorizations") { request, context in
            let done = try Parameters.ofQuery(request).field(named: "done")
            return try await door.show(request, context) { session, page in
                var applications: [AuthorizedApplicationsPage.Application] = []
                for entry in try await consents.list(session.account) {
                    applications.append(try await application(entry))
                }
                return AuthorizedApplicationsPage(applications: applications, hasWithdrawn: done == "withdrawn")
                    .page(in: page)
            }
        }
        router.get("account/authorizations/withdraw") { request, context in
            let id = try Parameters.ofQuery(request).field(named: "client_id")
            return try await door.show(request, context) { session, page in
                guard let entry = try await consents.list(session.account).first(where: { $0.clientID == id }) else {
                    return ErrorPage(.pageNotFound, wayOn: Brand.Link("已授权的应用", Self.path)).page(in: page)
                }
                return WithdrawalPage(application: try await application(entry)).page(in: page)
            }
        }
        router.post("account/authorizations/withdraw") { request, context in
            try await door.act(request, from: Self.path) { session, form in
                guard form.field(named: "decision") == "withdraw" else { return .seeOther(Self.path) }
                let id = form.field(named: "client_id")
                let hasWithdrawn = try await access.withdraw(id, from: session.account, trace: Trace(context))
                return .seeOther(Self.path + (hasWithdrawn ? "?done=withdrawn" : ""))
            }
        }
    }

    private func application(_ entry: Consents.Entry) async throws -> AuthorizedApplicationsPage.Application {
        let client = try await clients.find(entry.clientID)?.client
        var titles = entry.scope.names.filter { $0 != Scope.offlineAccess }.map(ClaimTitles.ofScope)
        titles += entry.claims.compactMap(ClaimTitles.ofClaim).filter { !titles.contains($0) }
        // Last, since it speaks of all the others.
        if entry.scope.contains(Scope.offlineAccess) { titles.append(ClaimTitles.ofScope(Scope.offlineAccess)) }
        return .init(
            clientID: entry.clientID,
            name: client?.metadata.displayName(locales: ["zh-CN", "zh-Hans", "zh"]) ?? entry.clientID,
            organisation: client?.organisation,
            titles: titles,
            grantedAt: ClockTime.full(Int64(entry.grantedAt.timeIntervalSince1970))
        )
    }
}
