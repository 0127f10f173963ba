/// The relying party as the citizen meets it: who asks, on whose behalf, from where.
struct RelyingPartyLabel: Sendable, Equatable {
    /// Name shown, such as 公积金网上大厅.
    var name: String
    /// 主体: the organisation that answers for it.
    var organisation: String?
    /// Host of the address the person will be sent back to.
    var domain: String?
}
