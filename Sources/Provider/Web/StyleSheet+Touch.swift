extension StyleSheet {
    /// The phone's layout: cells edge to edge as people know them from their phone, buttons of 48 px, room for the bar
    /// at the lower edge of the glass. Applies to narrow windows and to the H5 face, hence the prefix.
    static func touch(_ scope: String) -> String { scoped(rules, scope) }

    static func touchCells(_ scope: String) -> String { scoped(cells, scope) }

    private static func scoped(_ rules: String, _ scope: String) -> String {
        rules.split(separator: "\n").map { rule in
            guard let brace = rule.firstIndex(of: "{") else { return String(rule) }
            let selectors = rule[..<brace].split(separator: ",").map { selector in
                // A rule that starts at the root itself joins the root's condition instead of standing below it.
                selector.hasPrefix("html") ? join(scope, selector) : scope + selector
            }
            return selectors.joined(separator: ",") + rule[brace...]
        }
        .joined(separator: "\n")
    }

    private static func join(_ scope: String, _ selector: Substring) -> String {
        String(scope.dropLast()) + selector.dropFirst("html".utf8.count)
    }

    /// Labels in a cell of their own, 105 px, where the glass is 360 px wide and letters are not enlarged.
    private static let cells = """
        html:not([data-ui^=care]) .cells .field{display:flex;align-items:flex-start}
        html:not([data-ui^=care]) .cells .label{flex:0 0 6.5625rem;margin:0;padding:.84rem 0}
        html:not([data-ui^=care]) .cells .control{flex:1 1 0;min-width:0}
        """

    /// One rule a line.
    private static let rules = """
        .bar{padding-left:1rem;padding-right:1rem;max-width:40rem}
        .top .bar{min-height:3.5rem;column-gap:.5rem}
        .brand{padding:.375rem 0;flex:1 1 9rem}
        .gate{width:2.25rem;height:2.25rem;margin-right:.5rem}
        .name{display:block;font-size:1rem}
        .audience{display:none}
        .tool{padding:0 .5rem}
        .tool .icon{display:none}
        .foot .links li,.foot .facts li{margin-right:1.25rem}
        .foot .facts li{line-height:1.9}
        .foot .bar{padding-bottom:calc(1.5rem + env(safe-area-inset-bottom))}
        main{padding:0 0 1.5rem}
        main.narrow,main.wide,main.reading{max-width:40rem}
        .card,.gatehouse,.entrance{max-width:none;border-radius:0;box-shadow:none;padding:0;background:none;min-height:0}
        .entrance{padding:0 0 .5rem}
        .panel{display:none}
        .card{padding:1.5rem 1rem}
        .card:not(.outcome){background:var(--surface)}
        h1{font-size:var(--title-touch)}
        .entrance h1{padding:1rem 1rem 0}
        .bound-for{padding:0 1rem}
        .entrance .note{padding:0 1rem}
        .summary,.notice{margin:.75rem 1rem}
        .tabs{margin:.75rem 0 0;padding:0 1rem}
        .form{margin-top:.5rem}
        .cells{margin-top:.5rem;background:var(--surface);border-top:1px solid var(--line);border-bottom:1px solid var(--line)}
        .cells .field{margin:0;padding:0 1rem;border-bottom:1px solid var(--line)}
        .cells .field:last-of-type{border-bottom:0}
        .cells .input{border-color:transparent;background:none;padding:0 .25rem;height:3.25rem;border-radius:.25rem}
        .cells .wrong .input{margin-top:.375rem;margin-bottom:.375rem}
        .cells .wrong .peek{top:.375rem}
        .cells .peek{height:3.25rem}
        .cells .label{margin:0;padding-top:.625rem}
        .cells .input::placeholder{font-size:.875em}
        .cells .fault{padding-bottom:.75rem;margin-top:0}
        .cells .captcha{margin-left:-.5rem}
        .cells .captcha img,.cells .captcha .input{margin-left:.5rem}
        .cells .sms-row{margin-left:-.5rem;align-items:center}
        .cells .sms-row .input{margin-left:.5rem;flex-basis:5rem}
        .cells .sms-row .button{margin-left:.5rem;min-width:0;min-height:3rem;padding:0 .375rem;border-color:transparent;background:none;font-size:var(--small)}
        .cells .sent,.cells .trouble,.cells .hint,.cells .strength,.cells .rules{padding:0 .25rem}
        .cells .hint,.cells .strength{margin-top:0;padding-bottom:.625rem}
        .card .steps-short{padding:0}
        .captcha-tools{margin:0;padding:0 .25rem;column-gap:.625rem}
        .cells .proving{margin:.375rem 0 0;padding:0 .25rem .75rem}
        .cells .proving[data-state=idle]{margin:0;padding:0}
        .card.sheet:not(.outcome){padding:0 0 .5rem;background:none}
        .sheet h1{padding:1rem 1rem 0}
        .sheet .note,.sheet .lead,.sheet .pair,.sheet .facts-list,.sheet .help-line{padding-left:1rem;padding-right:1rem}
        .sheet .pair{margin-left:0}
        .sheet .pair .button{margin-left:0}
        .sheet .tick{padding:.25rem 1rem 0}
        .sheet .actions{margin-top:1rem;padding:0 1rem}
        .sheet .help-line{margin-top:.25rem;justify-content:center}
        .entrance .tick{padding:.25rem 1rem 0}
        .entrance .actions{margin-top:1rem;padding:0 1rem}
        .way-out{padding:0 1rem}
        .textual,.summary a,.foot a,.themes button,.contents a{min-height:3rem}
        .themes button{min-width:3rem}
        .entrance .help-line{padding:0 1rem;margin-top:.25rem;justify-content:center}
        .steps{display:none}
        .steps-short{display:block;padding:1rem 1rem 0;margin:0}
        .hero{display:block}
        .has-hero .top{background:var(--panel-top);border-color:transparent;color:#fff}
        .has-hero .names{position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0 0 0 0)}
        .has-hero .brand{flex-basis:3rem}
        .has-hero .tool{color:#fff}
        .has-hero .tool:hover{background:rgba(0,0,0,.2)}
        .has-hero .gate .plate{fill:transparent}
        .outcome{padding-top:3rem}
        .trail{margin:.25rem 1rem}
        .trail a{min-height:3rem}
        """

    /// Part of the components: the header picture exists on phones only.
    static let hero = """
        .hero{display:none;position:relative;overflow:hidden;padding:.5rem 1rem 0;color:#fff;text-align:center;
        background:linear-gradient(180deg,var(--panel-top),var(--panel-foot))}
        .hero span{display:block;line-height:1.4}
        .hero-name{word-break:keep-all;font-size:1.25rem;font-weight:600;letter-spacing:.04em}
        .hero-audience{font-size:var(--small)}
        .hero .skyline{margin:.5rem auto 0;width:17rem;height:8.5rem;margin-bottom:-2px}
        """
}
