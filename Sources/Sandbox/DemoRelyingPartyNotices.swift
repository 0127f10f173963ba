/// What the site shows of the back channel: a word to the person whose login ended elsewhere, and the notices as they came.
enum DemoNotices {
    static func banner(_ endedAt: Int64) -> DemoMarkup {
        """
        <p class="caution" role="status" data-testid="ended-elsewhere">您已在 \(DemoClaims.time(endedAt)) 退出统一身份认证，本网站的登录已同时结束。</p>
        """
    }

    static func table(_ notices: [DemoNotice]) -> DemoMarkup {
        guard !notices.isEmpty else { return "" }
        return """
            <section class="card" aria-labelledby="notices">
            <h2 id="notices">退出通知</h2>
            <p class="soft">统一身份认证从后台发来的退出通知（OpenID Connect Back-Channel Logout），新的在前。</p>
            <div class="scroll"><table data-testid="notices">
            <thead><tr><th scope="col">时间</th><th scope="col">结果</th><th scope="col">在本网站结束的登录</th></tr></thead>
            <tbody>\(DemoMarkup.each(notices.prefix(10)) { notice in
                """
                <tr><th scope="row">\(DemoClaims.time(notice.at))</th>\
                <td>\(notice.fault.map { "未通过核验：\($0)" } ?? "已核验")</td><td>\(String(notice.ended))</td></tr>
                """
            })</tbody></table></div>
            </section>
            """
    }
}
