// What makes the same software the service of this city or that one (journeys C12).

import Glibc

extension Configuration {
    /// Names, colours, texts and contacts.
    struct Brand: Sendable {
        /// The name of the service, as in titles and messages.
        var name: String
        /// The city.
        var city: String
        /// Where a citizen goes who came from no relying party; nil leads to the account's own page.
        var landingPage: String?
        /// The telephone number of support, as printed.
        var supportPhone: String?
        /// When support answers, as printed.
        var supportHours: String?
        /// An SVG file that replaces the mark; its text, at most 64 KiB.
        var mark: String?
        /// The user agreement, plain text; at most 256 KiB.
        var userAgreement: String?
        /// The privacy policy, plain text; at most 256 KiB.
        var privacyPolicy: String?
        /// The accessibility statement, plain text; at most 256 KiB.
        var accessibilityStatement: String?
        /// The help centre, Markdown; at most 256 KiB.
        var help: String?
        var colours: Colours
        var footer: Footer

        init(_ reader: inout SettingsReader) {
            name = reader.read("brand.name", .text(longest: 60), default: "示例市统一身份认证平台")
            city = reader.read("brand.city", .text(longest: 60), default: "示例市")
            landingPage = reader.readOptional("brand.landing_page", .link)
            supportPhone = reader.readOptional("brand.support_phone", .text(longest: 40))
            supportHours = reader.readOptional("brand.support_hours", .text(longest: 100))
            mark = reader.readTextFile("brand.mark_file", longest: 64 << 10)
            userAgreement = reader.readTextFile("brand.user_agreement_file", longest: 256 << 10)
            privacyPolicy = reader.readTextFile("brand.privacy_policy_file", longest: 256 << 10)
            accessibilityStatement = reader.readTextFile("brand.accessibility_file", longest: 256 << 10)
            help = reader.readTextFile("brand.help_file", longest: 256 << 10)
            colours = Colours(&reader)
            footer = Footer(&reader)
        }
    }

    /// The colours an operator may replace, as `#RRGGBB`. Text colours must reach 4.5:1 on white (WCAG 2.2 §1.4.3).
    struct Colours: Sendable {
        /// Primary buttons and links; `#B4232A`.
        var primary: String
        /// Text; `#1F2329`.
        var ink: String
        /// Secondary text; `#5C6470`.
        var secondary: String
        /// Lines and borders; `#D9DEE5`.
        var line: String
        /// The ground behind cards; `#F5F6F8`.
        var ground: String

        init(_ reader: inout SettingsReader) {
            primary = reader.read("brand.colours.primary", .textColour, default: "#B4232A")
            ink = reader.read("brand.colours.ink", .textColour, default: "#1F2329")
            secondary = reader.read("brand.colours.secondary", .textColour, default: "#5C6470")
            line = reader.read("brand.colours.line", .colour, default: "#D9DEE5")
            ground = reader.read("brand.colours.ground", .colour, default: "#F5F6F8")
        }
    }

    /// The footer of every page (pages K2). What is not set is left out.
    struct Footer: Sendable {
        /// 主办单位.
        var organiser: String?
        /// 承办单位.
        var contractor: String?
        /// 网站标识码.
        var siteCode: String?
        /// ICP备案号.
        var icp: String?
        /// 公安备案号.
        var police: String?
        /// The address behind 党政机关标识.
        var partyMark: String?
        /// The address behind 找错.
        var reportError: String?
        /// The address behind 联系我们.
        var contact: String?

        init(_ reader: inout SettingsReader) {
            organiser = reader.readOptional("brand.footer.organiser", .text())
            contractor = reader.readOptional("brand.footer.contractor", .text())
            siteCode = reader.readOptional("brand.footer.site_code", .text(longest: 20))
            icp = reader.readOptional("brand.footer.icp", .text(longest: 60))
            police = reader.readOptional("brand.footer.police", .text(longest: 60))
            partyMark = reader.readOptional("brand.footer.party_mark", .link)
            reportError = reader.readOptional("brand.footer.report_error", .link)
            contact = reader.readOptional("brand.footer.contact", .link)
        }
    }
}

extension SettingsReader {
    /// The text of the file that `key` names, or nil when the key is not set or the file cannot be used.
    mutating func readTextFile(_ key: String, longest: Int) -> String? {
        guard let path = readOptional(key, .path) else { return nil }
        do throws(SettingComplaint) {
            return try OperatorFile.text(at: path, longest: longest)
        } catch {
            complain(key, "\(path) \(error.sentence)")
            return nil
        }
    }
}

extension SettingRule where Value == String {
    /// A colour that can be read on white.
    static var textColour: SettingRule {
        SettingRule(
            parse: { (text) throws(SettingComplaint) in
                let colour = try SettingRule.colour.parse(text)
                let contrast = 1.05 / (luminance(of: colour) + 0.05)
                guard contrast >= 4.5 else {
                    let tenths = Int((contrast * 10).rounded(.down))
                    throw SettingComplaint(
                        "has a contrast of \(tenths / 10).\(tenths % 10):1 on white; 4.5:1 is the least"
                    )
                }
                return colour
            },
            print: { $0 }
        )
    }
}

/// Relative luminance of `#RRGGBB` as WCAG 2.2 defines it, 0 to 1.
private func luminance(of colour: String) -> Double {
    let value = Int(colour.dropFirst(), radix: 16) ?? 0
    let weights = [0.2126, 0.7152, 0.0722]
    return zip([16, 8, 0], weights).reduce(0) { sum, part in
        let share = Double((value >> part.0) & 0xFF) / 255
        let linear = share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
        return sum + linear * part.1
    }
}
