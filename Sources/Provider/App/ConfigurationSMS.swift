import Cryptography

extension Configuration {
    /// Short messages: the vendor, and what may be spent.
    struct SMS: Sendable {
        /// Which of the vendor's interfaces the account speaks; nil when there are no short messages.
        var generation: ChuanglanProtocol.Generation?
        /// Scheme and host of the interface, without a path; the vendor's own unless set. In the sandbox that of its fake.
        var baseURL: String?
        /// The API account, or the AppId of a unified application.
        var account: String
        /// Its password, or the AppSecret.
        var password: Secret<String>?
        /// What stands in 【】 at the head of a message.
        var signature: String
        /// The approved template of codes, with `code`, `purpose`, `minutes`; of no use to `chuanglan-v1`.
        var codeTemplate: String
        /// The approved template of notices, with `time` and `event`.
        var noticeTemplate: String
        /// How long one exchange with the vendor may take; 5 s.
        var deadline: Duration
        /// The pause before the one other try after "too fast" or "busy"; 500 ms.
        var retryPause: Duration
        /// Messages of all in an hour of the clock; 20,000. One more is refused, and an alarm is written.
        var mostPerHour: Int
        /// Messages that one client network may ask for in an hour; 1,000. Phones of a whole district may share one.
        var mostPerNetwork: Int
        /// Messages that one browser may ask for in an hour; 60.
        var mostPerBrowser: Int
        /// Beginnings of numbers that are not sent to; none.
        var refusedPrefixes: [String]
        /// Whether a code names our host in its last line, so that phones fill it in on our pages only; false.
        var isDomainBound: Bool
        /// The pair that delivery reports carry, if one is agreed on with the vendor.
        var reportReceiver: String?
        var reportPassword: Secret<String>?
        /// Where delivery reports come from; anywhere unless set.
        var reportAddresses: [AddressBlock]

        init(_ reader: inout SettingsReader) {
            let isSandbox = reader.mode == .sandbox
            generation = reader.readOptional("sms.protocol", .choice)
            baseURL = reader.readOptional("sms.base_url", .webAddress)
            account = reader.read("sms.account", .text(longest: 64), default: "sandbox")
            password = reader.readSecret("sms.password", shortest: 4)
            signature = reader.read("sms.signature", .text(longest: 60), default: "统一身份认证")
            codeTemplate = reader.read("sms.code_template", .text(longest: 64), default: "code")
            noticeTemplate = reader.read("sms.notice_template", .text(longest: 64), default: "notice")
            deadline = reader.read(
                "sms.deadline",
                .duration(.milliseconds(isSandbox ? 100 : 1000) ... .seconds(30)),
                default: .seconds(5)
            )
            retryPause = reader.read(
                "sms.retry_pause",
                .duration(.milliseconds(10) ... .seconds(5)),
                default: .milliseconds(500)
            )
            mostPerHour = reader.read("sms.most_per_hour", .count(1...10_000_000), default: 20_000)
            mostPerNetwork = reader.read("sms.most_per_network", .count(1...10_000_000), default: 1000)
            mostPerBrowser = reader.read("sms.most_per_browser", .count(1...10_000_000), default: 60)
            refusedPrefixes = reader.readList(
                "sms.refused_prefixes",
                .pattern("the first digits of a number such as 1410") {
                    (2...7).contains($0.utf8.count) && $0.utf8.allSatisfy { (0x30...0x39).contains($0) }
                }
            )
            isDomainBound = reader.read("sms.domain_bound", .boolean, default: false)
            reportReceiver = reader.readOptional("sms.report_receiver", .text(longest: 64))
            reportPassword = reader.readSecret("sms.report_password", shortest: 1)
            reportAddresses = reader.readList("sms.report_addresses", .addressBlock)
            if reader.mode == .production, generation != nil, !reader.isSet("sms.account") || password == nil {
                reader.complain("sms.protocol", "needs sms.account and sms.password beside it")
            }
        }

        /// Whether the sandbox's own fake stands for the vendor: when none is named.
        var wantsFake: Bool { generation == nil && baseURL == nil }
    }
}

extension Configuration {
    /// Whether a sandbox has to bring the SMS vendor itself.
    public var wantsFakeSMS: Bool { mode == .sandbox && sms.wantsFake }

    /// What the sandbox's own vendor takes as the password of its account `sandbox`.
    public static let sandboxSMSPassword = "sandbox-password"

    /// The same configuration, with short messages handed to a vendor's twin at an address on loopback.
    /// - Parameter address: scheme, host and port.
    /// - Returns: the configuration.
    public func sendingSMS(to address: String) -> Configuration {
        var configuration = self
        configuration.sms.generation = .classic
        configuration.sms.baseURL = address
        return configuration
    }
}
