extension StyleSheet {
    /// K12: at least 200 px, 280 and more in 长辈模式; dark on white in every theme. On a wide page picture and form stand side by side,
    /// whatever tab is open; where letters are large or the page is narrow they are tabs.
    static let qr = """
        .qr{display:flex;flex-direction:column;align-items:center;margin-top:1rem;text-align:center}
        .qr-frame{position:relative;width:13.75rem;max-width:100%;border:1px solid var(--line);border-radius:.75rem;overflow:hidden;
        background:#fff}
        .qr-picture{display:block;width:100%;height:auto}
        .qr-cover{position:absolute;top:0;right:0;bottom:0;left:0;display:none;align-items:center;justify-content:center;
        padding:1rem;background:var(--surface);background:rgba(255,255,255,.94);color:#1f2329;font-weight:600}
        .qr[data-state=scanned] .qr-cover,.qr[data-state=confirmed] .qr-cover,.qr[data-state=cancelled] .qr-cover,
        .qr[data-state=expired] .qr-cover{display:flex}
        .qr-status{margin-top:.875rem;min-height:1.6em}
        .qr[data-state=cancelled] .qr-status,.qr[data-state=expired] .qr-status{color:var(--danger);font-weight:600}
        .qr[data-state=confirmed] .qr-status{color:var(--success);font-weight:600}
        .qr-match p{margin-top:.25rem}
        .qr-number{display:inline-block;min-width:3.5rem;margin-left:.25rem;padding:0 .625rem;border:2px solid var(--accent);
        border-radius:.5rem;color:var(--accent);font-size:1.75rem;line-height:1.5;font-variant-numeric:tabular-nums}
        .qr-renew,.qr-finish{margin-top:.75rem}
        .qr-renew{display:none}
        .qr[data-state=cancelled] .qr-renew,.qr[data-state=expired] .qr-renew{display:block}
        .qr[data-state=cancelled] .qr-finish,.qr[data-state=expired] .qr-finish{display:none}
        .qr-steps{display:flex;flex-direction:column;margin-top:1rem;color:var(--soft);font-size:var(--small);counter-reset:step;
        text-align:left}
        .qr-steps li{display:flex;align-items:flex-start;margin-top:.375rem;counter-increment:step}
        .qr-steps li::before{content:counter(step);flex:none;width:1.5em;height:1.5em;margin-right:.625em;border-radius:50%;
        background:var(--ground);color:var(--ink);text-align:center;line-height:1.5}
        @media (min-width:901px){
        html[data-ui=std] .twin{position:relative;min-height:40rem}
        html[data-ui=std] .twin #qr-panel,html[data-ui=std] .twin #password-panel{display:block!important}
        html[data-ui=std] .twin #qr-panel{position:absolute;top:8.5rem;left:2.5rem;width:calc(45% - 5rem);padding:.5rem 1.5rem 1.25rem;
        border-radius:.75rem;background:var(--surface);color:var(--ink);box-shadow:0 8px 32px rgba(0,0,0,.24)}
        html[data-ui=std] .twin .qr-frame{border-color:transparent}
        html[data-ui=std] .twin .promises,html[data-ui=std] .twin .tabs a[data-panel=qr-panel]{display:none}
        html[data-ui=std] .twin .tabs a[data-panel=password-panel]{color:var(--ink);font-weight:600;border-color:var(--primary)}}
        """
}
