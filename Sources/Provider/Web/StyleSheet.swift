/// The one stylesheet: colours as custom properties, the frame, then components and the phone's layout in the files
/// beside. Sizes are in rem, so that 长辈模式 scales letters, targets and spaces together (20 px instead of 16, 60 px
/// instead of 48). No nesting, no `:has`, no colour functions: it must look right in the web views of old phones.
enum StyleSheet {
    /// - Parameter colours: the operator's.
    /// - Returns: The whole sheet, without the source's indentation and line ends.
    static func text(_ colours: Brand.Colours) -> String {
        compact(
            tokens(colours) + base + frame + hero + components + forms + outcomes + qr
                + "@media (max-width:640px){" + touch("html ") + "}" + touch("html.h5 ")
                + "@media (min-width:360px) and (max-width:640px){" + touchCells("html ") + "}"
                + "@media (min-width:360px){" + touchCells("html.h5 ") + "}"
        )
    }

    private static func compact(_ text: String) -> String {
        text.split(separator: "\n").map { line in
            line.drop { $0 == " " }
        }
        .joined()
    }

    /// Light, dark, care, care in the dark. Contrast on its ground: ink 15:1, soft 5.5:1 (care 9:1), marks of control
    /// 3:1 (WCAG 1.4.3, 1.4.6, 1.4.11).
    private static func tokens(_ colours: Brand.Colours) -> String {
        func shade(_ share: Double) -> String { colours.primary.scaled(share).hex }
        let dark = """
            --ground:#14171c;--surface:#1b1f26;--raised:#232933;--ink:#eceef1;--soft:#aeb6c1;--line:#343b46;
            --control:#848d99;--accent:\(colours.primaryOnDark.hex);--danger:#ff9d97;--danger-ground:#3a1f22;
            --success:#6fd3a0;--success-ground:#173226;--caution:#f2c66d;--caution-ground:#372c14;--ring:#8ab4ff;
            --shadow:0 1px 2px rgba(0,0,0,.4);--panel-top:\(shade(0.69));--panel-foot:\(shade(0.37));
            """
        return """
            :root{color-scheme:light;--ground:\(colours.ground.hex);--surface:#fff;--raised:#fafbfc;
            --ink:\(colours.ink.hex);--soft:\(colours.secondary.hex);--line:\(colours.line.hex);--control:#868e9a;
            --primary:\(colours.primary.hex);--primary-deep:\(colours.primaryDeep.hex);
            --accent:\(colours.primary.hex);--danger:#b3261e;--danger-ground:#fdf1f0;--success:#16754a;
            --success-ground:#edf7f1;--caution:#835200;--caution-ground:#fdf6e7;--ring:#2563c9;
            --shadow:0 1px 2px rgba(31,35,41,.04),0 12px 40px rgba(31,35,41,.08);
            --panel-top:\(colours.primary.hex);--panel-foot:\(shade(0.76));
            --art-wall:\(shade(0.6));--art-roof:\(shade(0.69));
            --art-hall:\(shade(0.8));--art-gate:\(shade(0.42));
            --small:.875rem;--text:1rem;--title:1.625rem;--title-touch:1.25rem;--lead:1.0625rem}
            html[data-theme=dark]{color-scheme:dark;\(dark)}
            @media (prefers-color-scheme:dark){html[data-theme=auto]{color-scheme:dark;\(dark)}}
            html[data-ui^=care]{--ink:#14171c;--soft:#3c434d;--control:#5c6470;--primary:\(colours.primaryDeep.hex);
            --accent:\(colours.primaryDeep.hex);--danger:#8e1710;--success:#0b5231;--caution:#5c3a00;--ring:#1a4ea6;
            --panel-top:\(colours.primaryDeep.hex);--panel-foot:\(shade(0.5));--small:.9rem}
            html[data-ui=care30]{--small:1.2rem;--text:1.5rem;--lead:1.5rem;--title:1.8rem;
            --title-touch:1.7rem}
            html[data-ui^=care][data-theme=dark]{\(careDark(colours))}
            @media (prefers-color-scheme:dark){html[data-ui^=care][data-theme=auto]{\(careDark(colours))}}
            """
    }

    private static func careDark(_ colours: Brand.Colours) -> String {
        """
        --ink:#fff;--soft:#d3d8df;--control:#a6aeb9;--accent:\(colours.primaryOnDark.hex);--danger:#ffb3ae;
        --success:#8be0b4;--caution:#f7d58f;--ring:#a9c7ff;--panel-top:\(colours.primary.scaled(0.69).hex);
        --panel-foot:\(colours.primary.scaled(0.37).hex);
        """
    }

    private static let base = """
        *,*::before,*::after{box-sizing:border-box}
        html{font-size:100%;-webkit-text-size-adjust:100%;text-size-adjust:100%;background:var(--ground)}
        html[data-ui^=care]{font-size:125%}
        body{margin:0;min-height:100vh;display:flex;flex-direction:column;background:var(--ground);color:var(--ink);
        font:400 var(--text)/1.6 "PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC",system-ui,sans-serif;
        overflow-wrap:anywhere;-webkit-tap-highlight-color:transparent}
        h1,h2,h3,p,ul,ol,dl,dd{margin:0;padding:0}
        ul,ol{list-style:none}
        h1{font-size:var(--title);line-height:1.35;font-weight:600}
        h2{font-size:var(--lead);font-weight:600}
        strong,dt{font-weight:600}
        a{color:inherit;text-decoration:underline;text-decoration-thickness:1px;text-underline-offset:.22em}
        a:hover{color:var(--accent)}
        button,input{font:inherit;color:inherit;margin:0}
        button{cursor:pointer}
        [hidden]{display:none!important}
        :focus{outline:3px solid var(--ring);outline-offset:2px}
        :focus:not(:focus-visible){outline:0}
        main:focus{outline:0}
        .form{position:relative}
        .default-submit{position:absolute;top:0;left:0;z-index:1;width:1px;height:1px;margin:0;padding:0;border:0;opacity:0}
        .sr{position:absolute;width:1px;height:1px;margin:-1px;padding:0;border:0;overflow:hidden;clip:rect(0 0 0 0);
        white-space:nowrap}
        .icon{width:1.25em;height:1.25em;flex:none;fill:none;stroke:currentColor;stroke-width:1.6;stroke-linecap:round;
        stroke-linejoin:round;vertical-align:-.25em}
        .code{font-variant-numeric:tabular-nums;font-family:ui-monospace,Menlo,Consolas,"Noto Sans CJK SC",monospace}
        @media (prefers-reduced-motion:no-preference){
        a,button,.input,.mark{transition:color .12s,background-color .12s,border-color .12s,box-shadow .12s}}
        """

    private static let frame = """
        .skip{position:absolute;left:1rem;top:-6rem;z-index:9;padding:.75rem 1.25rem;background:var(--surface);
        color:var(--ink);border-radius:0 0 .5rem .5rem}
        .skip:focus{top:0}
        .sandbox{padding:.5rem 1rem;background:#7a1218;color:#fff;text-align:center;font-size:var(--small)}
        .bar{max-width:70rem;margin:0 auto;padding:0 1.5rem}
        .top{background:var(--surface);border-top:3px solid var(--primary);border-bottom:1px solid var(--line)}
        .top .bar{display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;min-height:4.5rem;
        column-gap:1.5rem}
        .brand{display:flex;align-items:center;padding:.75rem 0;min-width:0}
        .gate{width:2.75rem;height:2.75rem;flex:none;margin-right:.875rem}
        .gate .plate{fill:var(--primary)}
        .gate .line{fill:none;stroke:#fff;stroke-width:2.2;stroke-linecap:round;stroke-linejoin:round}
        .names{display:block;line-height:1.35}
        .name{font-size:1.25rem;font-weight:600;word-break:keep-all}
        .audience{display:inline-block;margin-left:.5rem;padding-left:.75rem;border-left:1px solid var(--line);
        color:var(--soft);font-size:var(--small)}
        .tools{display:flex;flex-wrap:wrap;align-items:center}
        .tools .mode{display:flex}
        .tool{display:inline-flex;align-items:center;min-height:3rem;padding:0 .75rem;border:0;border-radius:.5rem;
        background:none;color:var(--ink);font-size:var(--small);text-decoration:none;white-space:nowrap}
        .tool .icon{margin-right:.375rem;color:var(--soft)}
        .tool:hover{background:var(--ground);color:var(--accent)}
        main{flex:1 0 auto;width:100%;margin:0 auto;padding:2.5rem 1.5rem 3rem}
        main.narrow{max-width:36rem}
        main.reading{max-width:52rem}
        main.wide{max-width:65rem}
        .foot{border-top:1px solid var(--line);background:var(--surface);color:var(--soft);font-size:var(--small)}
        .foot .bar{display:flex;flex-wrap:wrap;justify-content:space-between;padding-top:1rem;padding-bottom:1.25rem}
        .foot a{display:inline-flex;align-items:center;min-height:2.75rem;text-decoration:none}
        .foot a:hover{text-decoration:underline}
        .foot .icon{margin-right:.25rem}
        .foot .links{display:flex;flex-wrap:wrap;color:var(--ink)}
        .foot .links li{margin-right:1.75rem}
        .foot .facts{display:flex;flex-wrap:wrap;align-items:center;flex:1 0 100%}
        .foot .facts li{margin-right:1.75rem}
        .themes{display:flex;flex-wrap:wrap;align-items:center}
        .themes .mode{display:flex;flex-wrap:wrap}
        .themes button{min-height:2.75rem;min-width:2.75rem;padding:0 .75rem;border:0;border-radius:.5rem;background:none;
        color:var(--soft)}
        .themes button[aria-pressed=true]{color:var(--ink);font-weight:600;text-decoration:underline;
        text-underline-offset:.35em;text-decoration-thickness:2px}
        .themes button:hover{background:var(--ground)}
        html[data-ui^=care] .foot a,
        html[data-ui^=care] .themes button{min-height:3rem}
        html[data-ui^=care] .themes button{min-width:3rem}
        """
}
