import Cryptography

/// Claims as people read them.
enum DemoClaims {
    private static let labels: [(name: String, words: String)] = [
        ("sub", "用户标识"), ("name", "姓名"), ("family_name", "姓"), ("given_name", "名"), ("nickname", "昵称"),
        ("preferred_username", "用户名"), ("gender", "性别"), ("birthdate", "出生日期"), ("zoneinfo", "时区"),
        ("locale", "语言"), ("phone_number", "手机号"), ("phone_number_verified", "手机号已验证"), ("email", "电子邮箱"),
        ("email_verified", "邮箱已验证"), ("address", "地址"), ("updated_at", "资料更新时间"),
    ]

    /// Every claim, those with a Chinese name first.
    static func table(_ claims: JSONObject) -> DemoMarkup {
        let known = labels.filter { claims[$0.name] != nil }
        let others = claims.names.filter { name in !labels.contains { $0.name == name } }.map { (name: $0, words: $0) }
        return """
            <div class="scroll"><table data-testid="claims">
            <thead><tr><th scope="col">项目</th><th scope="col">内容</th><th scope="col">声明</th></tr></thead>
            <tbody>\(DemoMarkup.each(known + others) { entry in
                """
                <tr><th scope="row">\(entry.words)</th><td data-claim="\(entry.name)">\(value(claims[entry.name] ?? .null, of: entry.name))</td>\
                <td><code>\(entry.name)</code></td></tr>
                """
            })</tbody></table></div>
            """
    }

    private static func value(_ json: JSON, of name: String) -> String {
        switch json {
        case .string(let text):
            switch (name, text) {
            case ("gender", "male"): "男"
            case ("gender", "female"): "女"
            default: text
            }
        case .bool(let flag): flag ? "是" : "否"
        case .integer(let seconds) where name == "updated_at": time(seconds)
        case .object(let members) where name == "address": members["formatted"]?.string ?? json.serialized
        default: json.serialized
        }
    }

    /// The level of a login in the words of the platform.
    static func level(_ claims: JSONObject) -> String {
        guard let acr = claims["acr"]?.string else { return "未说明" }
        return switch acr {
        case "urn:citygate:acr:L1": "未认证（L1）"
        case "urn:citygate:acr:L2": "初级认证（L2）"
        case "urn:citygate:acr:L3": "中级认证（L3）"
        case "urn:citygate:acr:L4": "高级认证（L4）"
        default: acr
        }
    }

    /// The moments that a token names.
    static func times(_ claims: JSON) -> DemoMarkup {
        let moments = [("auth_time", "登录时间"), ("iat", "签发时间"), ("exp", "到期时间")].compactMap { name, words in
            claims[name]?.int.map { (words: words, seconds: $0) }
        }
        guard !moments.isEmpty else { return "" }
        return """
            <dl class="facts">\(DemoMarkup.each(moments) { moment in
                "<div><dt>\(moment.words)</dt><dd>\(time(moment.seconds))</dd></div>"
            })</dl>
            """
    }

    /// Seconds since 1970 as a moment in China Standard Time (UTC+8, no summer time): 2026年11月22日 14:30:05.
    static func time(_ seconds: Int64) -> String {
        guard (0...253_402_271_999).contains(seconds) else { return String(seconds) }
        let local = seconds + 8 * 3600
        let (days, second) = local.quotientAndRemainder(dividingBy: 86_400)
        // Civil date from days, counted in eras of 400 years that begin on 1 March 0000 (proleptic Gregorian calendar).
        let shifted = days + 719_468
        let (era, dayOfEra) = shifted.quotientAndRemainder(dividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)年\(month)月\(day)日 \(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))"
    }

    /// JSON with one member a line.
    static func pretty(_ json: JSON, indent: String = "") -> String {
        let inner = indent + "  "
        switch json {
        case .object(let members) where !members.isEmpty:
            let lines = members.map { inner + JSON.string($0.name).serialized + ": " + pretty($0.value, indent: inner) }
            return "{\n" + lines.joined(separator: ",\n") + "\n" + indent + "}"
        case .array(let elements) where !elements.isEmpty:
            let lines = elements.map { inner + pretty($0, indent: inner) }
            return "[\n" + lines.joined(separator: ",\n") + "\n" + indent + "]"
        default: return json.serialized
        }
    }
}
