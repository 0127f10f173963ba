import Cryptography
import OAuth

/// What the server knows about a person, under the claims' standard names (OIDC Core §5.1). What a client may hear of it
/// is decided by `OAuth.UserInfo`.
struct CitizenClaims: Sendable {
    let all: JSONObject

    /// - Parameter account: the account with its fields opened.
    init(_ account: Account) {
        // The profile first: nothing in it can stand in for a proved fact below.
        var claims = account.profile.object ?? JSONObject()
        for proved in ["sub", "phone_number", "phone_number_verified", "email", "email_verified"] + Self.realName {
            claims[proved] = nil
        }
        if let username = account.username { claims["preferred_username"] = .string(username) }
        if let phone = account.phone {
            // E.164; an account has a phone only after a code proved hold of it.
            claims["phone_number"] = .string("+86\(phone)")
            claims["phone_number_verified"] = true
        }
        if let email = account.email {
            claims["email"] = .string(email)
            claims["email_verified"] = true
        }
        if let document = account.document, account.level >= .l2 {
            claims["real_name"] = document["name"]
            claims["id_type"] = document["type"]
            claims["id_number"] = document["number"]
        }
        all = claims
    }

    /// The verified name and document: scope `realname` and an entitled client only (I2).
    static let realName = ["real_name", "id_type", "id_number"]
}
