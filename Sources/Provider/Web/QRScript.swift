/// The login page's picture moves on by itself: long polls while the page is seen, renews the picture three times at most, and
/// goes on within a second of the phone's yes. Without it two buttons do the same. Part of the one script file.
enum QRScript {
    static let text = #"""

        (function () {
          "use strict";
          var block = document.getElementById("qr");
          if (!block || !window.fetch) return;
          function one(selector) { return block.querySelector(selector); }
          var id = block.getAttribute("data-id"), version = Number(block.getAttribute("data-version"));
          var status = one(".qr-status"), match = one(".qr-match"), cover = one(".qr-cover span");
          var finish = one("#qr-finish"), renewal = one("#qr-renew");
          var renewals = 0, running = false, round = 0, panel = block.parentNode;
          one("#qr-finish button").hidden = true;

          function seen() { return !document.hidden && panel.offsetParent !== null; }
          function say(words) { if (status.textContent !== words) status.textContent = words; }
          function show(answer) {
            var state = answer.state === "consumed" ? "expired" : answer.state, words = block.getAttribute("data-" + state) || "";
            block.setAttribute("data-state", state);
            block.removeAttribute("data-offline-now");
            version = answer.v;
            say(words);
            cover.textContent = state === "waiting" ? "" : words;
            while (match.firstChild) match.removeChild(match.firstChild);
            if (state !== "scanned") return;
            function line(before, value, name) {
              var p = document.createElement("p"), strong = document.createElement("strong");
              p.appendChild(document.createTextNode(before));
              strong.className = name; strong.textContent = value;
              p.appendChild(strong); match.appendChild(p);
            }
            if (answer.account) line("账号 ", answer.account, "code");
            if (answer.number) line("请在手机上选择数字 ", String(answer.number), "qr-number");
          }
          function later(seconds) { running = false; setTimeout(run, seconds * 1000); }
          function run() {
            var state = block.getAttribute("data-state"), mine;
            if (running || !seen()) return;
            if (state === "expired" && renewals < 3) { renewals += 1; renew(); return; }
            if (state !== "waiting" && state !== "scanned") {
              if (state === "confirmed") finish.submit();
              return;
            }
            running = true;
            mine = round;
            fetch("/login/qr/" + id + "/status?v=" + version, { credentials: "same-origin", headers: { "Accept": "application/json" } })
              .then(function (answer) {
                if (mine !== round) return;
                if (answer.status === 404) { show({ v: version, state: "expired" }); renewals = 3; running = false; return; }
                if (answer.status === 429) { later(3); return; }
                if (!answer.ok) throw answer;
                return answer.json().then(function (news) { if (mine !== round) return; show(news); running = false; run(); });
              })
              .catch(function () {
                if (mine !== round) return;
                block.setAttribute("data-offline-now", "1");
                say(block.getAttribute("data-offline"));
                later(3);
              });
          }
          function renew() {
            var pairs = Array.prototype.slice.call(renewal.querySelectorAll("input")).map(function (input) {
              return encodeURIComponent(input.name) + "=" + encodeURIComponent(input.value);
            });
            round += 1;
            running = true;
            fetch("/login/qr", { method: "POST", credentials: "same-origin", body: pairs.join("&"),
              headers: { "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json" } })
              .then(function (answer) { if (!answer.ok) throw answer; return answer.json(); })
              .then(function (fresh) {
                id = fresh.id;
                renewal.querySelector("input[name=qr]").value = id;
                finish.setAttribute("action", "/login/qr/" + id + "/finish");
                block.setAttribute("data-id", id);
                block.setAttribute("data-text", fresh.text);
                one(".qr-image").innerHTML = fresh.picture;
                show(fresh);
                running = false;
                run();
              })
              .catch(function (fault) {
                running = false;
                if (fault && fault.status === 410) { renewals = 3; renewal.submit(); return; }
                block.setAttribute("data-offline-now", "1");
                say(block.getAttribute("data-offline"));
                setTimeout(run, 3000);
              });
          }
          renewal.addEventListener("submit", function (event) {
            event.preventDefault();
            event.stopPropagation();
            renewals = 0;
            renew();
          });

          /* The tabs change in place, so that nothing typed and no picture is lost. */
          var tabs = Array.prototype.slice.call(document.querySelectorAll("a[data-panel]"));
          function panelOf(tab) { return document.getElementById(tab.getAttribute("data-panel")); }
          if (tabs.every(panelOf)) tabs.forEach(function (tab) {
            tab.addEventListener("click", function (event) {
              if (event.ctrlKey || event.metaKey || event.shiftKey) return;
              event.preventDefault();
              open(tab);
              run();
            });
          });
          function open(tab) {
            tabs.forEach(function (other) {
              panelOf(other).hidden = other !== tab;
              if (other === tab) other.setAttribute("aria-current", "page"); else other.removeAttribute("aria-current");
            });
          }
          /* Side by side the picture needs no tab: the open one is the form's. */
          tabs.forEach(function (tab) { if (tab.offsetParent === null) tabs.forEach(function (other) { if (other !== tab) open(other); }); });
          document.addEventListener("visibilitychange", run);
          window.addEventListener("pageshow", function (event) { if (event.persisted) location.reload(); });
          run();
        })();
        """#
}
