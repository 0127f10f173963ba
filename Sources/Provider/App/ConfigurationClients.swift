import Cryptography
import OAuth

// What clients may do about themselves.

extension Configuration {
    /// Clients that register themselves, and how they know people.
    struct ClientSettings: Sendable {
        /// Whether clients may register themselves with a token that an operator made; true.
        var registration: Bool
        /// The subject type of a registration that names none; public.
        var subjectType: SubjectType
        /// Whose software statements count (RFC 7591 §2.3); nobody's unless set.
        var softwareStatementIssuers: [SoftwareStatement.Issuer] = []

        enum SubjectType: String, Sendable, CaseIterable {
            case `public`, pairwise
        }

        /// The largest list of issuers, in bytes.
        private static let longestList = 256 << 10

        init(_ reader: inout SettingsReader) {
            registration = reader.read("clients.registration", .boolean, default: true)
            subjectType = reader.read("clients.subject_type", .choice, default: .public)
            let inline = reader.readOptional("clients.software_statement_issuers", .text(longest: Self.longestList))
            let file = reader.readTextFile("clients.software_statement_issuers_file", longest: Self.longestList)
            for (key, text) in [
                ("clients.software_statement_issuers", inline), ("clients.software_statement_issuers_file", file),
            ] {
                guard let text else { continue }
                do throws(SettingComplaint) {
                    softwareStatementIssuers += try Self.issuers(text)
                } catch {
                    reader.complain(key, error.sentence)
                }
            }
            let names = softwareStatementIssuers.map(\.id)
            if Set(names).count != names.count {
                reader.complain("clients.software_statement_issuers_file", "names an issuer twice")
            }
        }

        /// `[{"iss": "https://…", "jwks": {"keys": […]}}, {"iss": "https://…", "jwks_file": "/etc/…"}]`
        private static func issuers(_ text: String) throws(SettingComplaint) -> [SoftwareStatement.Issuer] {
            guard let entries = (try? JSON(parsing: text))?.array else {
                throw SettingComplaint("is not a JSON array of issuers, each with iss and jwks or jwks_file")
            }
            var issuers: [SoftwareStatement.Issuer] = []
            for entry in entries {
                guard let id = entry["iss"]?.string, !id.isEmpty else {
                    throw SettingComplaint("has an issuer without iss")
                }
                issuers.append(SoftwareStatement.Issuer(id: id, keys: try keys(entry, of: id)))
            }
            return issuers
        }

        private static func keys(_ entry: JSON, of id: String) throws(SettingComplaint) -> JWKSet {
            var json = entry["jwks"]
            if let path = entry["jwks_file"]?.string {
                guard json == nil else { throw SettingComplaint("gives \(id) both jwks and jwks_file") }
                let text: String
                do throws(SettingComplaint) {
                    text = try OperatorFile.text(at: path, longest: longestList)
                } catch {
                    throw SettingComplaint("names \(path), which \(error.sentence)")
                }
                json = try? JSON(parsing: text)
            }
            guard let json, let keys = try? JWKSet(json: json), !keys.keys.isEmpty else {
                throw SettingComplaint("gives \(id) no public key that can be used")
            }
            return keys
        }
    }
}
