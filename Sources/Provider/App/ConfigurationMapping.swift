import Cryptography
import FoundationEssentials
import Logging
import Postgres

extension Configuration {
    /// The PostgreSQL of our own, when no database is named.
    func privatePostgres(logger: Logger) -> PrivatePostgres? {
        guard database.url == nil else { return nil }
        let path = ProcessInfo.processInfo.environment["PATH"]
        return PrivatePostgres(PrivatePostgres.Settings(self, searchPath: path), logger: logger)
    }

    /// How to reach the store; starts the private PostgreSQL when that is the store.
    func databaseConfiguration(_ postgres: PrivatePostgres?) async throws -> DatabaseConfiguration {
        let address: String
        if let postgres {
            do {
                address = try await postgres.start().connectionString
            } catch {
                throw StartFault("\(error)")
            }
        } else {
            address = database.url?.reveal() ?? ""
        }
        var configuration = DatabaseConfiguration(address)
        configuration.readConnections = database.readConnections
        configuration.writeConnections = database.writeConnections
        configuration.queueLimit = database.queueLimit
        configuration.waitLimit = database.queueDeadline
        configuration.connectLimit = database.connectTimeout
        configuration.statementLimit = database.statementDeadline
        configuration.drainLimit = http.drainTimeout
        return configuration
    }
}

extension Configuration {
    /// The texts of the house, the operator's in place of ours.
    func texts(brand: Provider.Brand) -> [TextPage] {
        TextPage.Kind.allCases.map { kind in
            let markdown: String? =
                switch kind {
                case .terms: self.brand.userAgreement
                case .privacy: self.brand.privacyPolicy
                case .accessibility: self.brand.accessibilityStatement
                case .help: self.brand.help
                }
            return TextPage(kind, markdown: markdown, brand: brand)
        }
    }
}

extension Configuration.Proxies {
    /// Whether an address is one of our own proxies.
    @Sendable func isTrusted(_ address: String) -> Bool {
        guard !trusted.isEmpty, let address = IPAddress(address) else { return false }
        return trusted.contains { $0.contains(address) }
    }
}

extension Brand {
    /// What the operator set; the rest stays as the house draws it.
    init(_ configuration: Configuration) {
        self.init()
        let settings = configuration.brand
        productName = settings.name
        cityName = settings.city
        domain = Page.host(of: configuration.issuer) ?? domain
        if let landing = settings.landingPage { landingPage = Brand.Link("返回首页", landing) }
        if let phone = settings.supportPhone { supportPhone = phone }
        if let hours = settings.supportHours { supportHours = hours }
        markSVG = settings.mark
        colours = Colours(settings.colours)
        footer = Footer(settings.footer, over: configuration.mode == .sandbox ? .example : Footer())
    }
}

extension Brand.Colours {
    init(_ settings: Configuration.Colours) {
        self.init()
        // The reader has checked each as `#RRGGBB`.
        if let colour = Colour(hex: settings.primary) { primary = colour }
        if let colour = Colour(hex: settings.ink) { ink = colour }
        if let colour = Colour(hex: settings.secondary) { secondary = colour }
        if let colour = Colour(hex: settings.line) { line = colour }
        if let colour = Colour(hex: settings.ground) { ground = colour }
    }
}

extension Brand.Footer {
    /// What the operator set over what stands there without.
    init(_ settings: Configuration.Footer, over unset: Brand.Footer) {
        self = unset
        if let name = settings.organiser { host = name }
        if let name = settings.contractor { operatedBy = name }
        if let code = settings.siteCode { siteCode = code }
        if let number = settings.icp { icpNumber = number }
        if let number = settings.police { policeNumber = number }
        governmentMark = settings.partyMark.map { Brand.Link("党政机关", $0) }
        reportFault = settings.reportError.map { Brand.Link("找错", $0) }
        if let address = settings.contact { contact = Brand.Link("联系我们", address) }
    }
}

/// The server's log: JSON lines on standard error.
enum ServerLogs {
    static func logger(_ configuration: Configuration) -> Logger {
        let level: Logger.Level =
            switch configuration.logging.level {
            case .trace: .trace
            case .debug: .debug
            case .info: .info
            case .notice: .notice
            case .warning: .warning
            case .error: .error
            case .critical: .critical
            }
        return Logger(label: "citygate") { label in
            JSONLogHandler(label: label, level: level, sink: .standardError)
        }
    }
}
