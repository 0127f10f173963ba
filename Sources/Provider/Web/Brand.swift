/// What makes the pages those of one city: names, footer, contacts, colours. Configuration fills it; the defaults
/// belong to a demonstration city that does not exist (journeys C12: another city without a rebuild).
struct Brand: Sendable, Equatable {
    /// Full name as it stands in the header and in page titles.
    var productName = "示例市统一身份认证平台"
    /// What stands behind the name in smaller type, such as the kind of user served.
    var audience = "自然人用户"
    var cityName = "示例市"
    /// The host people see in the address line.
    var domain = "localhost"
    /// One line under the name where a page has room for it.
    var slogan = "一个账号，通办全城"
    /// Three sentences at most beside the login form. They are promises: keep them true.
    var promises = [
        "一次登录，接入的政务网站和应用通用",
        "您的信息只有经您同意才会提供给应用",
        "密码错误达到上限自动锁定，保护账号安全",
    ]

    /// The city's service hall, offered to a person whom no application waits for; nil when there is none.
    var landingPage: Link?
    /// Telephone of the help desk as people dial it.
    var supportPhone = "12345"
    var supportHours = "每天 24 小时"

    var footer = Footer()
    var colours = Colours()
    /// An SVG element of the operator's own in place of the built-in mark, 48 units square, taken as it is.
    var markSVG: String?

    /// The lines at the foot of each page (pages.md K2); an empty value leaves its place out.
    struct Footer: Sendable, Equatable {
        /// 主办单位.
        var host = ""
        /// 承办单位.
        var operatedBy = ""
        /// 网站标识码.
        var siteCode = ""
        var icpNumber = ""
        var icpLink = "https://beian.miit.gov.cn/"
        var policeNumber = ""
        var policeLink = "https://beian.mps.gov.cn/"
        /// The mark of party and government bodies, and the page that takes reports of faults on the site.
        var governmentMark: Link?
        var reportFault: Link?
        var contact = Link("联系我们", "/help#contact")

        /// The footer of a city that does not exist, for the sandbox.
        static let example: Footer = {
            var footer = Footer()
            footer.host = "示例市政务服务和数据管理局"
            footer.operatedBy = "示例市大数据中心"
            footer.siteCode = "0000000000"
            footer.icpNumber = "示例ICP备00000000号"
            footer.policeNumber = "示例公网安备00000000000000号"
            return footer
        }()
    }

    struct Link: Sendable, Equatable {
        var text: String
        var url: String

        init(_ text: String, _ url: String) {
            self.text = text
            self.url = url
        }
    }

    /// The colours an operator may replace; success, warning and danger keep their meaning everywhere. The shades of
    /// the primary colour that other grounds need are worked out from it.
    struct Colours: Sendable, Equatable {
        /// Buttons and marks; 4.5:1 with white at least.
        var primary = Colour(red: 0xB4, green: 0x23, blue: 0x2A)
        /// Text.
        var ink = Colour(red: 0x1F, green: 0x23, blue: 0x29)
        /// Secondary text; 4.5:1 with the ground at least.
        var secondary = Colour(red: 0x5C, green: 0x64, blue: 0x70)
        var line = Colour(red: 0xD9, green: 0xDE, blue: 0xE5)
        /// Behind the cards.
        var ground = Colour(red: 0xF5, green: 0xF6, blue: 0xF8)

        /// Under the pointer, and in 长辈模式, where contrast with white must pass 7:1 (WCAG 1.4.6).
        var primaryDeep: Colour { primary.darkened(toContrast: 9, with: .white) }
        /// Links and marks on the dark theme's ground.
        var primaryOnDark: Colour { primary.lightened(toContrast: 8, with: .night) }
    }
}
