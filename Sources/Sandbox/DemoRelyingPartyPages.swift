import Cryptography

/// The pages of the demo site: one frame, four contents.
struct DemoPages: Sendable {
    let issuer: String
    let clientID: String

    /// `endedAt`: when the issuer ended this browser's login, in seconds since 1970; `notices`: what came by the back channel.
    func signedOut(endedAt: Int64?, notices: [DemoNotice]) -> DemoMarkup {
        frame(
            "首页",
            """
            \(endedAt.map { DemoNotices.banner($0) } ?? "")
            <section class="card hero" data-testid="signed-out-home">
            <p class="kicker">示例应用</p>
            <h1>用统一身份认证登录本网站</h1>
            <p class="lead">这是一个接入统一身份认证的示例网站。点击下方按钮，体验从登录、授权到读取用户信息的完整过程。</p>
            <p class="actions"><a class="button" rel="nofollow" href="/login" data-testid="login">登录</a></p>
            </section>
            \(options)
            \(DemoNotices.table(notices))
            """
        )
    }

    func signedIn(_ login: DemoLogin, csrf: String) -> DemoMarkup {
        let name = login.claims["name"]?.string ?? login.claims["preferred_username"]?.string ?? "市民"
        return frame(
            "已登录",
            """
            <section class="card" data-testid="signed-in">
            <div class="greeting"><div>
            <p class="kicker">已登录</p>
            <h1>您好，<span data-testid="name">\(name)</span></h1>
            <p class="soft">认证级别：<span class="badge" data-testid="acr">\(DemoClaims.level(login.idToken.claims))</span></p>
            </div>
            <form method="post" action="/logout"><input type="hidden" name="csrf" value="\(csrf)">
            <button class="button quiet" type="submit" data-testid="logout">退出</button></form></div>
            \(unmet(login))
            <h2>用户信息</h2>
            <p class="soft">由用户信息接口（UserInfo）返回，其用户标识已与 ID 令牌核对一致。</p>
            \(DemoClaims.table(login.claims))
            </section>
            <section class="card">
            <h2>登录应答的核验</h2>
            <ul class="checks" data-testid="checks">\(DemoMarkup.each(login.idToken.checks) { check in
                "<li data-check=\"\(check.name)\">\(DemoStyle.tick)<span>\(check.words)</span></li>"
            })</ul>
            </section>
            <section class="card">
            <h2>令牌</h2>
            \(idToken(login))
            \(accessToken(login))
            </section>
            \(options)
            """
        )
    }

    func fault(_ fault: DemoFault) -> DemoMarkup {
        frame(
            "登录未完成",
            """
            <section class="card" role="alert" data-testid="fault" data-fault="\(fault.code)">
            <p class="kicker danger">登录未完成</p>
            <h1>\(fault.words)</h1>
            <dl class="facts"><div><dt>错误代码</dt><dd><code data-testid="fault-code">\(fault.code)</code></dd></div>
            \(fault.detail.map { "<div><dt>说明</dt><dd data-testid=\"fault-detail\">\($0)</dd></div>" as DemoMarkup })</dl>
            <p class="actions"><a class="button" rel="nofollow" href="/login" data-testid="login">重新登录</a>
            <a class="button quiet" href="/">返回首页</a></p>
            </section>
            """
        )
    }

    func goodbye(isConfirmed: Bool) -> DemoMarkup {
        let words: DemoMarkup =
            isConfirmed
            ? "您已退出本网站，统一身份认证也已处理退出请求。" : "您已退出本网站。在公共设备上使用后，请关闭浏览器窗口。"
        return frame(
            "已退出",
            """
            <section class="card hero" data-testid="signed-out" data-confirmed="\(isConfirmed ? "true" : "false")">
            <p class="kicker">已退出</p>
            <h1>您已安全退出</h1>
            <p class="lead">\(words)</p>
            <p class="actions"><a class="button" rel="nofollow" href="/login" data-testid="login">重新登录</a>
            <a class="button quiet" href="/">返回首页</a></p>
            </section>
            """
        )
    }

    // MARK: Parts

    private func unmet(_ login: DemoLogin) -> DemoMarkup {
        guard let level = login.unmetLevel else { return "" }
        return """
            <p class="caution" role="status" data-testid="acr-unmet">本次登录请求了 \(level)，实际级别较低。需要该级别的业务不会继续。</p>
            """
    }

    private func idToken(_ login: DemoLogin) -> DemoMarkup {
        viewer(
            "ID 令牌",
            "id-token",
            header: login.idToken.header,
            claims: .object(login.idToken.claims),
            value: login.tokens.idToken
        )
    }

    private func accessToken(_ login: DemoLogin) -> DemoMarkup {
        guard let readable = login.tokens.readableAccessToken else {
            return """
                <details class="token" data-testid="access-token"><summary>访问令牌</summary>
                <p class="soft">不透明令牌，只有签发者能读懂。</p><pre>\(login.tokens.accessToken)</pre></details>
                """
        }
        return viewer(
            "访问令牌",
            "access-token",
            header: readable.header,
            claims: readable.claims,
            value: login.tokens.accessToken
        )
    }

    private func viewer(_ title: String, _ id: String, header: JSON, claims: JSON, value: String) -> DemoMarkup {
        """
        <details class="token" open data-testid="\(id)"><summary>\(title)</summary>
        \(DemoClaims.times(claims))
        <h3>标头</h3><pre data-testid="\(id)-header" tabindex="0">\(DemoClaims.pretty(header))</pre>
        <h3>声明</h3><pre data-testid="\(id)-claims" tabindex="0">\(DemoClaims.pretty(claims))</pre>
        <details class="raw"><summary>原文</summary><pre class="wrap" data-testid="\(id)-value">\(value)</pre></details>
        </details>
        """
    }

    /// One card for each way to ask for a login, named by its request parameter.
    private var options: DemoMarkup {
        let level = DemoLoginOptions.levelThree
        return """
            <section class="options" aria-labelledby="options"><h2 id="options">其他登录方式</h2>
            <ul>
            \(option("login-prompt", "prompt=login", "重新验证身份", "即使浏览器已登录，也要再次输入密码。"))
            \(option("login-max-age", "max_age=0", "只接受刚刚的登录", "登录时间早于本次请求的，一律重新登录。"))
            \(option("login-acr-l3", DemoForm([("acr_values", level)]).encoded, "要求中级认证（L3）", "账号级别不足时，引导完成更高级别的认证。", shown: "acr_values=\(level)"))
            \(option("login-form-post", "response_mode=form_post", "以表单返回结果", "授权码放在表单里回传，不出现在地址栏。"))
            </ul></section>
            """
    }

    private func option(
        _ id: String,
        _ query: String,
        _ title: String,
        _ words: String,
        shown: String? = nil
    ) -> DemoMarkup {
        """
        <li><a class="option" rel="nofollow" href="/login?\(query)" data-testid="\(id)">
        <strong>\(title)</strong><span>\(words)</span><code>\(shown ?? query)</code></a></li>
        """
    }

    private func frame(_ title: String, _ content: DemoMarkup) -> DemoMarkup {
        """
        <!DOCTYPE html>
        <html lang="zh-CN">
        <head>
        <meta charset="utf-8">
        <title>\(title) - 演示网站</title>
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="robots" content="noindex">
        <link rel="stylesheet" href="/demo.css">
        <link rel="icon" type="image/svg+xml" href="/favicon.svg">
        </head>
        <body>
        <a class="skip" href="#main">跳到主要内容</a>
        <div class="sandbox" role="note" aria-label="环境说明">测试环境：数据均为模拟，请勿填写真实的个人信息</div>
        <header><div class="bar"><a class="brand" href="/">\(DemoStyle.mark)<span>演示网站</span></a>
        <span class="soft">示例应用</span></div></header>
        <main id="main" tabindex="-1">
        \(content)
        </main>
        <footer><div class="bar"><dl class="facts">
        <div><dt>认证服务</dt><dd><code data-testid="issuer">\(issuer)</code></dd></div>
        <div><dt>应用标识</dt><dd><code>\(clientID)</code></dd></div>
        <div><dt>程序接口</dt><dd><a href="/session.json">/session.json</a></dd></div>
        </dl></div></footer>
        </body>
        </html>

        """
    }
}
