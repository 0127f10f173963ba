extension StyleSheet {
    /// The gatehouse (login card), cards, buttons, lists.
    static let components = """
        .gatehouse{display:flex;overflow:hidden;min-height:36rem;border-radius:1rem;background:var(--surface);
        box-shadow:var(--shadow)}
        .panel{position:relative;overflow:hidden;display:flex;flex-direction:column;flex:0 0 45%;padding:3.25rem 3rem 0;color:#fff;
        background:var(--panel-foot);background:linear-gradient(168deg,var(--panel-top) 0%,var(--panel-foot) 78%)}
        .slogan{font-size:1.75rem;line-height:1.4;font-weight:600;letter-spacing:.04em}
        .slogan::after{content:"";display:block;width:2.5rem;height:3px;margin-top:1.25rem;border-radius:2px;
        background:#e3bf78}
        .promises{margin:1.5rem 0 2.5rem}
        .promises li{display:flex;align-items:flex-start;margin-bottom:.75rem}
        .promises .icon{margin:.2em .625rem 0 0;color:#f0d49b}
        .skyline{display:block;overflow:visible;margin:auto auto 0;width:100%;height:auto;color:#fff}
        .panel .skyline{margin:auto -7rem -2px;width:calc(100% + 14rem)}
        .skyline .line,.skyline .cloud,.skyline .gateway{fill:none;stroke:currentColor;stroke-width:1.25;
        stroke-linecap:round;stroke-linejoin:round}
        .skyline .line{opacity:.5}
        .skyline .cloud{opacity:.32;stroke-width:1.75}
        .skyline .swift{fill:currentColor;opacity:.72}
        .skyline .sun{fill:#f3d9a4;opacity:.9}
        .skyline .body,.skyline .roof,.skyline .hall{stroke:currentColor;stroke-width:1.5;stroke-linejoin:round;
        stroke-opacity:.75}
        .skyline .body{fill:var(--art-wall)}
        .skyline .roof{fill:var(--art-roof)}
        .skyline .hall{fill:var(--art-hall)}
        .skyline .gateway{fill:var(--art-gate);stroke-opacity:.75}
        .entrance{flex:1 1 auto;min-width:0;padding:2.75rem 3.25rem 2rem;align-self:center;max-width:36rem;margin:0 auto}
        .bound-for{margin-top:.25rem;color:var(--soft)}
        .bound-for strong{color:var(--ink)}
        .card{padding:2.5rem 2.75rem;border-radius:1rem;background:var(--surface);box-shadow:var(--shadow)}
        .card-head{display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;gap:1rem;margin-bottom:1.5rem}
        .card-head .button{min-width:8rem}
        .lead{margin-top:.5rem;font-size:var(--lead)}
        .note{color:var(--soft);font-size:var(--small)}
        .star{color:var(--danger);margin-left:.25em}
        .note .star{margin:0 .15em}
        .button{display:inline-flex;align-items:center;justify-content:center;min-height:3rem;padding:.375rem 1.75rem;
        border:1px solid transparent;border-radius:.5rem;font-size:var(--lead);font-weight:600;text-decoration:none;
        text-align:center;line-height:1.35}
        .primary{background:var(--primary);color:#fff}
        .primary:hover{background:var(--primary-deep);color:#fff}
        .primary:active{background:var(--primary-deep);box-shadow:inset 0 2px 6px rgba(0,0,0,.3)}
        .secondary{background:var(--surface);border-color:var(--control);color:var(--ink)}
        .secondary:hover{border-color:var(--accent);color:var(--accent)}
        .secondary:active{background:var(--ground)}
        .button[aria-busy=true]{opacity:.75;cursor:progress}
        .button:disabled{opacity:.55;cursor:not-allowed}
        .textual{display:inline-flex;align-items:center;min-height:2.75rem;padding:0;border:0;background:none;
        color:var(--ink);font-size:var(--small);text-decoration:underline;text-decoration-thickness:1px;
        text-underline-offset:.22em}
        .textual:hover{color:var(--accent)}
        .textual .icon{margin-right:.3em;color:var(--soft)}
        html[data-ui^=care] .textual{min-height:3rem}
        .actions{margin-top:1.5rem}
        .actions .button{width:100%}
        .actions .button+.button{margin-top:.75rem}
        .pair{display:flex;flex-wrap:wrap;margin-left:-.75rem}
        .pair .button{flex:1 1 10rem;width:auto;margin:.75rem 0 0 .75rem}
        .way-out{display:flex;justify-content:space-between;margin-top:.5rem}
        .help-line{display:flex;flex-wrap:wrap;align-items:center;column-gap:1em;margin-top:1.25rem;color:var(--soft);
        font-size:var(--small)}
        .help-line .textual{font-size:inherit}
        .help-line .phone{white-space:nowrap}
        .tabs{display:flex;margin:1.25rem 0 .5rem;border-bottom:1px solid var(--line)}
        .tabs a{display:inline-flex;align-items:center;min-height:3rem;margin:0 2rem -1px 0;color:var(--soft);
        text-decoration:none;border-bottom:3px solid transparent}
        .tabs a[aria-current]{color:var(--ink);font-weight:600;border-color:var(--primary)}
        .others{margin-top:1.5rem}
        .others h2{display:flex;align-items:center;color:var(--soft);font-size:var(--small);font-weight:400}
        .others h2::before,.others h2::after{content:"";flex:1;height:1px;background:var(--line)}
        .others h2::before{margin-right:1rem}
        .others h2::after{margin-left:1rem}
        .others ul{display:flex;flex-wrap:wrap;justify-content:center;margin-top:.5rem}
        .others a{display:flex;flex-direction:column;align-items:center;min-width:5rem;padding:.5rem;
        font-size:var(--small);text-decoration:none}
        .others svg{width:2rem;height:2rem;margin-bottom:.25rem}
        @media (max-width:900px){.panel{display:none}.gatehouse{max-width:32rem;margin:0 auto;min-height:0}
        .entrance{padding:2.25rem 2.25rem 1.5rem}}
        """

    /// K4–K7, K10, K13.
    static let forms = """
        .form{margin-top:1rem}
        .card-head .form{margin:0}
        .cells{margin-top:.75rem}
        .field{margin-bottom:1.125rem}
        .label{display:block;margin-bottom:.375rem;font-weight:600}
        .input{display:block;width:100%;min-width:0;height:3rem;padding:0 .875rem;border:1px solid var(--control);
        border-radius:.5rem;background:var(--surface);color:var(--ink);-webkit-appearance:none;appearance:none}
        .input::placeholder{color:var(--soft);opacity:1;text-overflow:ellipsis}
        .input:hover{border-color:var(--ink)}
        .input:focus{outline:3px solid var(--ring);outline-offset:0;border-color:var(--ring)}
        .wrong .input{border-color:var(--danger);box-shadow:inset 0 0 0 1px var(--danger)}
        .hint{margin-top:.375rem;color:var(--soft);font-size:var(--small)}
        .fault{display:flex;align-items:flex-start;margin-top:.375rem;color:var(--danger);font-size:var(--small)}
        .fault .icon{margin:.14em .375rem 0 0}
        .joined{position:relative}
        .peek{position:absolute;right:0;top:0;height:3rem;min-width:3.5rem;padding:0 .875rem;border:0;background:none;
        border-radius:.5rem;color:var(--soft);font-size:var(--small)}
        .peek:hover{color:var(--accent)}
        .joined.open .input{padding-right:4.5rem}
        html[data-ui^=care] .joined.open .input{padding-right:5rem}
        .captcha{display:flex;flex-wrap:wrap;align-items:center;margin:0 0 0 -.75rem}
        .captcha .input{flex:1 1 5rem;width:auto;margin-left:.75rem}
        .captcha img{flex:none;display:block;width:7.5rem;height:2.75rem;margin:.125rem 0 .125rem .75rem;border-radius:.375rem;
        background:#fff;box-shadow:0 0 0 1px var(--line)}
        html[data-ui^=care] .captcha img{width:9rem;height:3.3rem}
        .captcha-tools{display:flex;flex-wrap:wrap;align-items:flex-start;column-gap:1rem;margin-bottom:-.75rem}
        .sms-row{display:flex;flex-wrap:wrap;margin:0 0 0 -.75rem}
        .sms-row .input{flex:1 1 7rem;width:auto;margin-left:.75rem}
        .sms-row .button{flex:0 1 auto;margin-left:.75rem;padding:.375rem 1.125rem;min-width:8.5rem;font-size:var(--text);
        font-weight:400;font-variant-numeric:tabular-nums}
        .sms-row .send{color:var(--accent)}
        .send[aria-disabled=true]{color:var(--soft);border-color:var(--line);background:var(--ground);cursor:default}
        .sent{color:var(--success);font-size:var(--small)}
        .sent:not(:empty){margin-top:.375rem}
        .trouble{font-size:var(--small)}
        .trouble summary{list-style:none;cursor:pointer}
        .trouble summary::-webkit-details-marker{display:none}
        .trouble ul{margin-bottom:.5rem;padding:.25rem 1rem;border-left:3px solid var(--line)}
        .trouble li{color:var(--soft);padding:.125rem 0}
        .proved{display:flex;align-items:center;min-height:3rem;font-size:var(--lead)}
        .proved .icon{margin-right:.5rem;color:var(--success)}
        .strength{margin-top:.375rem;color:var(--soft);font-size:var(--small)}
        .rules{margin:.25rem 0 0;color:var(--soft);font-size:var(--small)}
        .rules li{display:flex;align-items:center}
        .rules .icon{margin-right:.375rem;opacity:.25}
        .rules .met{color:var(--success)}
        .rules .met .icon{opacity:1}
        .inbox li{padding:.875rem 0;border-top:1px solid var(--line)}
        .inbox p{white-space:pre-line}
        .proving{margin-top:.875rem}
        .proving[data-state=idle]{margin:0}
        .proving p{display:flex;align-items:center;color:var(--soft);font-size:var(--small)}
        .proving .icon{display:none;flex:none;margin-right:.375rem}
        .proving[data-state=proved] p{color:var(--success);font-weight:600}
        .proving[data-state=proved] .icon{display:block}
        .progress{display:none;height:1.5rem;margin-bottom:.375rem;border-radius:.75rem;overflow:hidden;background:var(--line)}
        .proving[data-state=proving] .progress{display:block}
        .progress span{display:block;min-width:3rem;height:100%;padding-right:.75rem;border-radius:.75rem;background:var(--primary);
        color:#fff;font-size:var(--small);line-height:1.5rem;text-align:right}
        .input:disabled{border-style:dashed;background:var(--ground)}
        .sound summary{list-style:none;cursor:pointer}
        .sound summary::-webkit-details-marker{display:none}
        .sound[open]{flex:1 0 100%}
        .sound audio{display:block;width:100%;max-width:20rem;height:3rem;margin-bottom:.5rem}
        .tick{margin:.5rem 0 0}
        .box{display:flex;align-items:center;min-height:3rem;cursor:pointer}
        .box input{position:absolute;opacity:0;width:1.5rem;height:1.5rem}
        .mark{display:inline-flex;flex:none;align-items:center;justify-content:center;width:1.5rem;height:1.5rem;
        margin-right:.625rem;border:2px solid var(--control);border-radius:.25rem;background:var(--surface);
        color:transparent}
        .mark .icon{stroke-width:2.4;width:1.125rem;height:1.125rem}
        .box:hover .mark{border-color:var(--ink)}
        .box input:checked+.mark{border-color:var(--primary);background:var(--primary);color:#fff}
        .box input:focus-visible+.mark{outline:3px solid var(--ring);outline-offset:2px}
        .wrong .mark{border-color:var(--danger)}
        .summary{display:flex;align-items:flex-start;margin:1.25rem 0;padding:.875rem 1rem;border:1px solid var(--danger);
        border-left-width:5px;border-radius:.5rem;background:var(--danger-ground)}
        .summary h2{color:var(--danger);font-size:var(--text)}
        .summary a{display:inline-flex;align-items:center;min-height:2.75rem}
        html[data-ui^=care] .summary a{min-height:3rem}
        .summary .icon{margin:.18em .5rem 0 0;color:var(--danger)}
        .notice{display:flex;align-items:flex-start;margin:1rem 0 0;padding:.75rem 1rem;border-radius:.5rem;
        background:var(--success-ground)}
        .notice .icon{margin:.18em .5rem 0 0;color:var(--success)}
        .steps{display:flex;margin-bottom:1.5rem}
        .steps li{display:flex;align-items:center;flex:1 1 0;color:var(--soft)}
        .steps li+li::before{content:"";flex:1;height:1px;margin:0 .75rem;background:var(--line)}
        .steps li:first-child{flex:0 0 auto}
        .steps .number{display:inline-flex;align-items:center;justify-content:center;width:1.75rem;height:1.75rem;
        margin-right:.5rem;border:1px solid var(--control);border-radius:50%}
        .steps .now{color:var(--ink);font-weight:600}
        .steps .now .number{background:var(--primary);border-color:var(--primary);color:#fff}
        .steps .done .number{border-color:var(--success);color:var(--success)}
        .steps-short{display:none;margin-bottom:.75rem;color:var(--soft)}
        """

    /// Consent, results, errors, texts.
    static let outcomes = """
        .claims{margin:1.25rem 0;padding:.25rem 1.25rem;border:1px solid var(--line);border-radius:.75rem;
        background:var(--raised)}
        .claims li{display:flex;align-items:flex-start;padding:.75rem 0}
        .claims li+li{border-top:1px solid var(--line)}
        .claims .icon{margin:.18em .75rem 0 0;color:var(--success)}
        .claim{font-weight:600}
        .reason{display:block;color:var(--soft);font-size:var(--small)}
        .tag{display:inline-block;padding:0 .5rem;border-radius:.25rem;font-weight:400;
        font-size:var(--small);background:var(--caution-ground);color:var(--caution)}
        .matching{margin:1.25rem 0;padding:1rem;border:1px solid var(--line);border-radius:.75rem;background:var(--raised);
        text-align:center}
        .matching p:first-child{color:var(--soft)}
        .device-code,#user_code{font-family:ui-monospace,Menlo,Consolas,"Noto Sans Mono",monospace;letter-spacing:.12em}
        .device-code{margin-top:.25rem;font-size:2rem;line-height:1.3;font-weight:600;white-space:nowrap}
        #user_code{height:3.5rem;font-size:calc(var(--text)*1.25);text-transform:uppercase}
        #user_code::placeholder{font-family:inherit;font-size:var(--text);letter-spacing:normal;text-transform:none}
        .warning{display:flex;align-items:flex-start;margin:1rem 0;padding:.75rem 1rem;border-radius:.5rem;
        background:var(--caution-ground);font-size:var(--small)}
        .warning .icon{margin:.14em .5rem 0 0;color:var(--caution)}
        .gains{margin-top:1.5rem}
        .other{margin:-.625rem 0 -.625rem 1rem;vertical-align:baseline}
        .facts-list{margin:1rem 0}
        .facts-list div{display:flex;flex-wrap:wrap;padding:.375rem 0}
        .facts-list dt{flex:0 0 7em;color:var(--soft);font-weight:400}
        .facts-list dd{flex:1 1 10rem;min-width:0}
        .facts-list.wide div{padding:.875rem 0;border-top:1px solid var(--line)}
        .facts-list.wide div:last-child{border-bottom:1px solid var(--line)}
        .doors,.entries{margin:.75rem 0 1.5rem;border-top:1px solid var(--line)}
        .doors li,.entries li{border-bottom:1px solid var(--line)}
        .doors a{display:flex;align-items:center;min-height:3.25rem;text-decoration:none}
        .doors a::after{content:"";width:.5rem;height:.5rem;margin:0 .25rem 0 auto;border:solid var(--soft);
        border-width:2px 2px 0 0;transform:rotate(45deg)}
        .doors a:hover{color:var(--accent)}
        .entries li{display:flex;flex-wrap:wrap;align-items:center;gap:.75rem 1.5rem;padding:1.25rem 0}
        .entries .entry{flex:1 1 16rem;min-width:0}
        .entries .form{margin:0}
        .plain{margin:1rem 0;padding-left:1.4em;list-style:disc}
        .plain li{margin:.375rem 0}
        .empty{margin:2rem 0;color:var(--soft);text-align:center}
        .trail{margin-bottom:1rem;font-size:var(--small)}
        .trail ol{display:flex;flex-wrap:wrap}
        .trail a{display:inline-flex;align-items:center;min-height:2.75rem}
        .trail li+li{display:flex;align-items:center;color:var(--soft)}
        .trail li+li::before{content:"›";margin:0 .625rem}
        .outcome{text-align:center}
        .outcome .lead{max-width:28em;margin:.75rem auto 0}
        .outcome .actions{max-width:22rem;margin-left:auto;margin-right:auto}
        .outcome .help-line{justify-content:center}
        .badge{display:inline-flex;align-items:center;justify-content:center;width:4.5rem;height:4.5rem;
        margin-bottom:1.25rem;border-radius:50%}
        .badge .icon{width:2.5rem;height:2.5rem}
        .badge.success{background:var(--success-ground);color:var(--success)}
        .badge.caution{background:var(--caution-ground);color:var(--caution)}
        .badge.trouble{background:var(--danger-ground);color:var(--danger)}
        .badge.busy{border:4px solid var(--line);border-top-color:var(--primary)}
        @media (prefers-reduced-motion:no-preference){.badge.busy{animation:turn 1s linear infinite}}
        @keyframes turn{to{transform:rotate(1turn)}}
        .reference{margin-top:1.25rem;color:var(--soft);font-size:var(--small)}
        .reference .code{margin-left:.25em;color:var(--ink);letter-spacing:.04em}
        .developer{margin-top:1rem;border:1px solid var(--line);border-radius:.5rem;text-align:left;
        font-size:var(--small)}
        .developer summary{display:flex;align-items:center;min-height:3rem;padding:0 1rem;cursor:pointer}
        .developer summary{list-style:none}
        .developer summary::-webkit-details-marker{display:none}
        .developer summary::after{content:"";width:.5rem;height:.5rem;margin:-.25rem .25rem 0 auto;border:solid var(--soft);
        border-width:0 2px 2px 0;transform:rotate(45deg)}
        .developer[open] summary::after{margin-top:.25rem;transform:rotate(-135deg)}
        .developer dl{padding:0 1rem .75rem}
        .developer div{padding:.375rem 0;border-top:1px solid var(--line)}
        .developer dt{color:var(--soft);font-weight:400}
        .prose{line-height:1.75}
        .prose h2{margin:2rem 0 .5rem;font-size:1.25rem}
        .prose h3{margin:1.25rem 0 .25rem;font-size:var(--lead)}
        .prose p,.prose ul,.prose ol{margin:.625rem 0}
        .prose ul{list-style:disc;padding-left:1.4em}
        .prose ol{list-style:decimal;padding-left:1.6em}
        .prose li{margin:.25rem 0}
        .contents{margin:1.25rem 0;padding:.5rem 1.25rem;border:1px solid var(--line);border-radius:.75rem;
        background:var(--raised)}
        .prose .contents ul{margin:0;padding:0;list-style:none}
        .prose .contents li{margin:0}
        .contents a{display:flex;align-items:center;min-height:2.75rem;text-decoration:none}
        .contents a:hover{text-decoration:underline}
        html[data-ui^=care] .contents a{min-height:3rem}
        .contents li+li{border-top:1px solid var(--line)}
        @media print{.top,.foot,.skip,.tools{display:none}}
        """
}
