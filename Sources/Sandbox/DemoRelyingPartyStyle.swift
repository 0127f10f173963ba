/// Style sheet and pictures of the demo site, in the colours and measures of the platform's own pages.
enum DemoStyle {
    static let sheet = """
        :root{color-scheme:light;--ground:#f5f6f8;--surface:#fff;--raised:#fafbfc;--ink:#1f2329;--soft:#5c6470;--line:#d9dee5;
        --primary:#b4232a;--primary-deep:#8f1a20;--accent:#b4232a;--danger:#b3261e;--success:#16754a;--caution:#835200;
        --caution-ground:#fdf6e7;--ring:#2563c9;--shadow:0 1px 2px rgba(31,35,41,.04),0 12px 40px rgba(31,35,41,.08)}
        @media (prefers-color-scheme:dark){:root{color-scheme:dark;--ground:#14171c;--surface:#1b1f26;--raised:#232933;
        --ink:#eceef1;--soft:#aeb6c1;--line:#343b46;--accent:#ff9d97;--danger:#ff9d97;--success:#6fd3a0;--caution:#f2c66d;
        --caution-ground:#372c14;--ring:#8ab4ff;--shadow:0 1px 2px rgba(0,0,0,.4)}}
        *,*::before,*::after{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%;text-size-adjust:100%;background:var(--ground)}
        body{margin:0;min-height:100vh;display:flex;flex-direction:column;background:var(--ground);color:var(--ink);
        font:400 1rem/1.6 "PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC",system-ui,sans-serif;
        overflow-wrap:anywhere}
        h1,h2,h3,p,ul,dl,dd,pre{margin:0;padding:0}
        ul{list-style:none}
        h1{font-size:1.625rem;line-height:1.35;font-weight:600}
        h2{font-size:1.125rem;font-weight:600}
        h3{font-size:.875rem;font-weight:600;color:var(--soft);margin:1rem 0 .25rem}
        a{color:inherit;text-underline-offset:.22em}
        a:hover{color:var(--accent)}
        code,pre{font:.875rem/1.6 ui-monospace,Menlo,Consolas,"Noto Sans Mono CJK SC",monospace}
        :focus-visible{outline:3px solid var(--ring);outline-offset:2px}
        main:focus{outline:0}
        .skip{position:absolute;left:1rem;top:-6rem;padding:.75rem 1.25rem;background:var(--surface);z-index:9}
        .skip:focus{top:0}
        .sandbox{padding:.5rem 1rem;background:#7a1218;color:#fff;text-align:center;font-size:.875rem}
        .bar{max-width:60rem;margin:0 auto;padding:0 1.5rem}
        header{background:var(--surface);border-top:3px solid var(--primary);border-bottom:1px solid var(--line)}
        header .bar{display:flex;align-items:center;justify-content:space-between;min-height:4rem}
        .brand{display:flex;align-items:center;min-height:3rem;font-size:1.25rem;font-weight:600;text-decoration:none}
        .brand svg{width:2.25rem;height:2.25rem;margin-right:.75rem;flex:none}
        .plate{fill:var(--primary)}
        .stroke{fill:none;stroke:#fff;stroke-width:2.4;stroke-linecap:round;stroke-linejoin:round}
        .soft{color:var(--soft);font-size:.875rem}
        main{flex:1 0 auto;width:100%;max-width:60rem;margin:0 auto;padding:2rem 1.5rem 3rem}
        .card{background:var(--surface);border:1px solid var(--line);border-radius:.75rem;box-shadow:var(--shadow);
        padding:2rem;margin-bottom:1.5rem}
        .hero{padding:3rem 2rem}
        .kicker{color:var(--accent);font-size:.875rem;font-weight:600;margin-bottom:.5rem}
        .kicker.danger{color:var(--danger)}
        .lead{margin-top:.75rem;max-width:38rem;color:var(--soft)}
        .actions{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:1.75rem}
        .button{display:inline-flex;align-items:center;justify-content:center;min-height:3rem;min-width:8rem;padding:0 1.5rem;
        border:1px solid var(--primary);border-radius:.5rem;background:var(--primary);color:#fff;font:inherit;font-weight:600;
        text-decoration:none;cursor:pointer}
        .button:hover{background:var(--primary-deep);border-color:var(--primary-deep);color:#fff}
        .button.quiet{background:none;border-color:var(--line);color:var(--ink);font-weight:400}
        .button.quiet:hover{border-color:var(--accent);color:var(--accent)}
        .greeting{display:flex;flex-wrap:wrap;gap:1rem;align-items:flex-start;justify-content:space-between;
        padding-bottom:1.5rem;margin-bottom:1.5rem;border-bottom:1px solid var(--line)}
        .badge{color:var(--ink);font-weight:600}
        .caution{padding:.75rem 1rem;margin-bottom:1.5rem;border-radius:.5rem;background:var(--caution-ground);
        color:var(--caution)}
        .scroll{overflow-x:auto}
        table{width:100%;border-collapse:collapse;margin-top:1rem;text-align:left}
        th,td{padding:.625rem .75rem;border-bottom:1px solid var(--line);vertical-align:top}
        thead th{font-size:.875rem;font-weight:400;color:var(--soft)}
        tbody th{font-weight:400;color:var(--soft);white-space:nowrap}
        tbody td:last-child{color:var(--soft)}
        tbody tr:last-child>*{border-bottom:0}
        .checks li{display:flex;padding:.375rem 0}
        .checks svg{width:1.25rem;height:1.25rem;flex:none;margin:.15rem .625rem 0 0;fill:none;stroke:var(--success);
        stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
        .token{margin-top:1rem;border:1px solid var(--line);border-radius:.5rem;padding:0 1rem}
        .token[open]{padding-bottom:1rem}
        summary{min-height:3rem;padding:.7rem 0;cursor:pointer;font-weight:600}
        .raw summary{font-weight:400;color:var(--soft);font-size:.875rem}
        pre{padding:.75rem 1rem;border-radius:.5rem;background:var(--raised);overflow-x:auto;overflow-wrap:normal}
        pre.wrap{white-space:pre-wrap;word-break:break-all}
        .facts{display:flex;flex-wrap:wrap;gap:.25rem 2rem;font-size:.875rem}
        .facts div{display:flex;gap:.5rem}
        .facts dt{color:var(--soft);white-space:nowrap}
        .card>.facts{margin-top:1rem}
        .options h2{margin:2rem 0 1rem}
        .options ul{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1rem}
        .options li{display:flex}
        .option{display:flex;flex-direction:column;flex:1;padding:1.25rem 1.5rem;border:1px solid var(--line);
        border-radius:.75rem;background:var(--surface);text-decoration:none}
        .option span{color:var(--soft);font-size:.875rem}
        .option code{margin-top:.5rem;font-size:.8125rem;color:var(--accent)}
        .option:hover{border-color:var(--accent);color:var(--ink)}
        footer{border-top:1px solid var(--line);background:var(--surface);color:var(--soft)}
        footer .bar{padding-top:1.25rem;padding-bottom:1.5rem}
        @media (max-width:640px){main{padding:0 0 2rem}thead th:last-child,tbody td:last-child{display:none}.bar{padding-left:1rem;padding-right:1rem}
        .card{border-radius:0;border-left:0;border-right:0;box-shadow:none;padding:1.5rem 1rem;margin-bottom:.75rem}
        .actions .button{flex:1 1 100%}.options{padding:0 1rem}h1{font-size:1.375rem}.greeting form,.greeting .button{width:100%}}
        @media (prefers-reduced-motion:no-preference){a,.button,.option{transition:color .12s,background-color .12s,
        border-color .12s}}
        """

    /// A building with an open door: the site's own mark, not the platform's.
    private static let strokes = """
        <rect class="plate" width="48" height="48" rx="10" fill="#b4232a"/><path class="stroke" fill="none" stroke="#fff" \
        stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round" d="M11 20 24 11l13 9M13 20v17h22V20M20 37v-8h8v8\
        M18.5 24h.1M24 24h.1M29.5 24h.1"/>
        """

    static let icon = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 48 48\">" + strokes + "</svg>"

    static let mark: DemoMarkup = """
        <svg viewBox="0 0 48 48" aria-hidden="true" focusable="false"><rect class="plate" width="48" height="48" rx="10"/>\
        <path class="stroke" d="M11 20 24 11l13 9M13 20v17h22V20M20 37v-8h8v8M18.5 24h.1M24 24h.1M29.5 24h.1"/></svg>
        """

    static let tick: DemoMarkup = """
        <svg viewBox="0 0 20 20" aria-hidden="true" focusable="false"><path d="m4.5 10.5 3.7 3.7 7.3-8"/></svg>
        """
}
