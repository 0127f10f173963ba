import ArgumentParser
import Cryptography
import Provider

/// A client's metadata from a file, from options, or from both; an option goes before the file.
struct ClientMetadataOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp("RFC 7591 metadata as a JSON object; “-” reads standard input.", valueName: "path")
    )
    var file: String?

    @Option(name: .long, help: "client_name: the name people see.")
    var name: String?

    @Option(name: .long, help: "organisation: who runs it.")
    var organisation: String?

    @Option(
        name: .long,
        help: ArgumentHelp("redirect_uris: where logins return to; may be repeated.", valueName: "uri")
    )
    var redirectURI: [String] = []

    @Option(name: .long, help: ArgumentHelp("post_logout_redirect_uris; may be repeated.", valueName: "uri"))
    var postLogoutRedirectURI: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp("scope: what it may ask for, in one word with spaces.", valueName: "scopes")
    )
    var scope: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "token_endpoint_auth_method: client_secret_basic, client_secret_post, private_key_jwt or none.",
            valueName: "method"
        )
    )
    var authMethod: String?

    @Option(name: .long, help: ArgumentHelp("grant_types; may be repeated.", valueName: "grant"))
    var grantType: [String] = []

    @Option(name: .long, help: ArgumentHelp("jwks: a file with its public keys.", valueName: "path"))
    var jwksFile: String?

    @Option(name: .long, help: ArgumentHelp("application_type: web or native.", valueName: "type"))
    var applicationType: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Any other member, such as access_token_lifetime=300 or subject_type=pairwise; may be repeated.",
            valueName: "member=value"
        )
    )
    var set: [String] = []

    /// The members that are given.
    func members(for what: String) throws -> JSON {
        var object = JSONObject()
        if let file {
            guard let whole = try? JSON(parsing: InputFile.bytes(file)), let members = whole.object else {
                throw Diagnosis(.usage, "\(file) is not a JSON object of client metadata.")
            }
            object = members
        }
        for (member, value) in [
            ("client_name", name), ("organisation", organisation), ("scope", scope),
            ("token_endpoint_auth_method", authMethod),
            ("application_type", applicationType),
        ] {
            if let value { object[member] = .string(value) }
        }
        for (member, values) in [
            ("redirect_uris", redirectURI), ("post_logout_redirect_uris", postLogoutRedirectURI),
            ("grant_types", grantType),
        ] where !values.isEmpty {
            object[member] = JSON(values)
        }
        if let jwksFile {
            guard let keys = try? JSON(parsing: InputFile.bytes(jwksFile)) else {
                throw Diagnosis(.usage, "\(jwksFile) is not JSON.")
            }
            object["jwks"] = keys
        }
        for text in set {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw Diagnosis(.usage, "--set takes member=value, with a value in JSON or a plain text.")
            }
            object[String(parts[0])] = (try? JSON(parsing: String(parts[1]))) ?? .string(String(parts[1]))
        }
        guard !object.isEmpty else { throw Diagnosis(.usage, "\(what) needs at least one member: see --help.") }
        return .object(object)
    }
}
