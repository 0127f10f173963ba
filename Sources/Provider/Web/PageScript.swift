/// The one script. Every journey works without it; it saves reloads, moves focus to what went wrong and stops double
/// submission. It is served as a file: the policy allows nothing inline. Written for the web views of old phones.
enum PageScript {
    /// As it is served: without indentation, lines of comment and the blanks around signs that no words of ours have between blanks. Other
    /// line ends stay, since the language gives them meaning.
    static let compact: String = {
        let signs = ["===", "!==", "+=", "=", "+", "&&", "||", "?", ":", ">", "<", "*", "/"]
        // A comma has no blank behind it in any words of ours: Chinese writes ，.
        let others = [
            (") {", "){"), ("function (", "function("), ("; }", ";}"), (", ", ","), ("if (", "if("), (";\n", ";"),
            ("{\n", "{"),
            (",\n", ","),
        ]
        let lines = (text + QRScript.text).split(separator: "\n").map { line in String(line.drop { $0 == " " }) }
            .filter { !($0.hasPrefix("/*") && $0.hasSuffix("*/")) }
        return (signs.map { (" \($0) ", $0) } + others)
            .reduce(lines.joined(separator: "\n")) { $0.replacing($1.0, with: $1.1) }
    }()

    static let text = #"""
        (function () {
          "use strict";
          var root = document.documentElement;
          function all(selector, from) { return Array.prototype.slice.call((from || document).querySelectorAll(selector)); }
          function one(selector, from) { return (from || document).querySelector(selector); }
          function body(form, more) {
            var pairs = all("input[type=hidden]", form).map(function (input) { return [input.name, input.value]; }).concat(more || []);
            return pairs.map(function (pair) { return encodeURIComponent(pair[0]) + "=" + encodeURIComponent(pair[1]); }).join("&");
          }
          function post(url, text, redirect) {
            return fetch(url, { method: "POST", credentials: "same-origin", redirect: redirect, body: text,
              headers: { "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json" } });
          }

          /* What went wrong is read first. */
          var summary = one("#error-summary");
          if (summary) summary.focus();

          /* A form goes once; coming back to the page frees it. */
          var leaving = [];
          document.addEventListener("submit", function (event) {
            var form = event.target;
            if (event.defaultPrevented) return;
            if (form.getAttribute("data-busy")) { event.preventDefault(); return; }
            form.setAttribute("data-busy", "1");
            all("input[data-peeked]", form).forEach(function (input) { input.type = "password"; });
            all("button.primary", form).forEach(function (button) { button.setAttribute("aria-busy", "true"); });
            leaving.push(form);
          });
          window.addEventListener("pageshow", function (event) {
            if (!event.persisted) return;
            leaving.forEach(function (form) {
              form.removeAttribute("data-busy");
              all("button.primary", form).forEach(function (button) { button.removeAttribute("aria-busy"); });
            });
            leaving = [];
          });

          /* Show and hide a password. */
          all("button[data-peek]").forEach(function (button) {
            var input = document.getElementById(button.getAttribute("data-peek"));
            var status = one("[data-peek-status]", button.parentNode.parentNode);
            if (!input) return;
            button.hidden = false;
            button.parentNode.classList.add("open");
            button.addEventListener("click", function () {
              var show = input.type === "password";
              input.type = show ? "text" : "password";
              if (show) input.setAttribute("data-peeked", "1"); else input.removeAttribute("data-peeked");
              button.textContent = show ? "隐藏" : "显示";
              button.setAttribute("aria-label", show ? "隐藏密码" : "显示密码");
              button.setAttribute("aria-pressed", show ? "true" : "false");
              if (status) status.textContent = show ? "密码已显示" : "密码已隐藏";
            });
          });

          /* In place of the picture, a calculation that asks nobody to see or hear. One button starts it, stops it, takes it back. */
          function prover(form, id, input) {
            var button = one("[data-captcha=prove]", form), nonce = one("[name=pow]", form), label = one("span", button);
            var block = one("[data-captcha=proving]", form), bar = one("[role=progressbar]", block), line = one("span", bar);
            var result = one("[data-captcha=result]", block), hint = input.placeholder, worker = null, state = "picture";
            var wanted = input.required;
            var words = { picture: "改用无障碍验证", proving: "取消无障碍验证", proved: "改回图形验证码" };
            function enter(next, text) {
              if (worker) worker.terminate();
              worker = null;
              state = next;
              if (state !== "proved") nonce.value = "";
              block.setAttribute("data-state", text ? state : "idle");
              label.textContent = words[state];
              result.textContent = text;
              input.disabled = state === "proved";
              input.required = wanted && !input.disabled;
              input.placeholder = input.disabled ? "无需填写" : hint;
              if (!input.disabled) return;
              input.value = "";
              input.removeAttribute("aria-invalid");
              all(".fault", block.parentNode).forEach(function (fault) { fault.hidden = true; });
            }
            function fill(percent) {
              bar.setAttribute("aria-valuenow", percent);
              line.style.width = percent + "%";
              line.textContent = percent + "%";
            }
            function start() {
              var bits = Number(button.getAttribute("data-bits"));
              fill(0);
              enter("proving", "正在进行安全验证");
              var mine = worker = new Worker(button.getAttribute("data-worker"));
              worker.onmessage = function (event) {
                if (mine !== worker) return;
                if (event.data.tries) { fill(Math.min(99, Math.floor(100 * (1 - Math.exp(-event.data.tries / Math.pow(2, bits)))))); return; }
                nonce.value = event.data.nonce;
                enter("proved", "已通过安全验证");
              };
              worker.onerror = function () { if (mine === worker) enter("picture", "无障碍验证暂时不可用，请使用图形验证码"); };
              worker.postMessage({ id: id.value, bits: bits });
            }
            if (window.Worker) {
              button.hidden = false;
              button.addEventListener("click", function () {
                if (state === "picture") start();
                else if (state === "proving") enter("picture", "已取消无障碍验证");
                else { enter("picture", ""); input.focus(); }
              });
              if (nonce.value) enter("proved", "已通过安全验证");
            }
            return function (bits) { button.setAttribute("data-bits", bits); enter("picture", ""); };
          }

          /* Another captcha, and the spoken one, without leaving the page. */
          var captchas = [];
          all("button[data-captcha=renew]").forEach(function (button) {
            var form = button.form;
            var picture = one("[data-captcha=picture]", form), id = one("[data-captcha=id]", form);
            var sound = one("[data-captcha=sound]", form), status = one("[data-captcha=status]", form);
            var listen = one("[data-captcha=listen]", form), input = one("[name=captcha]", form);
            var byHand = false, forget = prover(form, id, input);
            function show(fresh) {
              id.value = fresh.captcha_id;
              picture.src = "/captcha/" + fresh.captcha_id + ".png";
              sound.src = "/captcha/" + fresh.captcha_id + ".wav";
              input.value = "";
              forget(fresh.bits);
            }
            captchas.push([form, show]);
            function renew(event) {
              if (byHand || !window.fetch) return;
              event.preventDefault();
              post("/captcha", body(form), "error").then(function (answer) {
                if (!answer.ok) throw answer;
                return answer.json();
              }).then(function (fresh) {
                show(fresh);
                status.textContent = "";
                setTimeout(function () { status.textContent = "已为您换了一张图形验证码"; }, 50);
                input.focus();
              }).catch(function () { byHand = true; button.click(); });
            }
            button.addEventListener("click", renew);
            picture.addEventListener("click", function () { button.click(); });
            listen.addEventListener("click", function (event) {
              if (listen.parentNode.open) return;
              var playing = sound.play();
              if (!playing || !playing.catch) return;
              event.preventDefault();
              status.textContent = "正在播放验证码";
              input.focus();
              playing.catch(function () { listen.parentNode.open = true; });
            });
          });

          /* A new password is judged as it is typed. The server judges it again. */
          all("[data-rules]").forEach(function (list) {
            var input = document.getElementById(list.getAttribute("data-rules")), form = input.form;
            var line = one("[data-strength=" + input.id + "]", form), range = list.getAttribute("data-range").split("-");
            function mark(name, kept) {
              var item = one("[data-rule=" + name + "]", list);
              if (kept) item.classList.add("met"); else item.classList.remove("met");
              one("[data-kept]", item).textContent = kept ? "，已满足" : "";
              return kept;
            }
            function judge() {
              var text = input.value, classes = (/[a-z]/i.test(text) ? 1 : 0) + (/[0-9]/.test(text) ? 1 : 0) + (/[^a-z0-9]/i.test(text) ? 1 : 0);
              var own = all("[name=username],[name=phone]", form).some(function (other) {
                return other.value && text.toLowerCase().indexOf(other.value.toLowerCase()) >= 0;
              });
              var good = [mark("length", text.length >= Number(range[0]) && text.length <= Number(range[1])),
                mark("classes", classes > 1), mark("personal", text !== "" && !own)];
              var kept = good.filter(function (one) { return one; }).length;
              line.textContent = !text ? "" : "强度：" + (kept < 3 ? "弱" : classes > 2 && text.length > 11 ? "强" : "中");
            }
            input.addEventListener("input", judge);
          });

          /* A fault beside its field, and away again. */
          function clear(form, name) {
            var input = one("[name=" + name + "]", form);
            if (!input || !input.id) return;
            var fault = document.getElementById(input.id + "-err"), row = input.closest ? input.closest(".field") : null;
            if (fault) fault.parentNode.removeChild(fault);
            if (row) row.classList.remove("wrong");
            input.removeAttribute("aria-invalid");
          }
          function blame(form, name, text) {
            var input = one("[name=" + name + "]", form) || one("[name=sms_code]", form);
            clear(form, input.name);
            var row = input.closest(".field"), line = document.createElement("p"), words = document.createElement("span");
            row.classList.add("wrong");
            line.className = "fault"; line.id = input.id + "-err"; line.setAttribute("role", "alert");
            words.textContent = text;
            line.appendChild(words);
            one(".control", row).insertBefore(line, one(".control", row).children[1] || null);
            input.setAttribute("aria-invalid", "true");
            input.setAttribute("aria-describedby", line.id);
            if (!input.disabled) input.focus();
          }

          /* A code by SMS without leaving the page, and the time until the next. */
          all("button[data-sms=send]").forEach(function (button) {
            var form = button.form, status = one("[data-sms=status]", form), byHand = false, timer = null, busy = false;
            function count(seconds) {
              var end = Date.now() + seconds * 1000;
              function tick() {
                var left = Math.ceil((end - Date.now()) / 1000);
                if (left > 0) {
                  button.setAttribute("aria-disabled", "true");
                  button.textContent = "重新获取（" + left + "秒）";
                  return;
                }
                clearInterval(timer);
                timer = null;
                button.removeAttribute("aria-disabled");
                button.textContent = "重新获取";
                if (status.textContent) status.textContent = "可以重新获取验证码";
              }
              clearInterval(timer);
              timer = setInterval(tick, 500);
              tick();
            }
            if (button.getAttribute("data-wait")) count(Number(button.getAttribute("data-wait")));
            button.addEventListener("click", function (event) {
              if (timer || busy) { event.preventDefault(); return; }
              if (byHand || !window.fetch) return;
              event.preventDefault();
              busy = true;
              button.setAttribute("aria-busy", "true");
              var typed = all("input", form).filter(function (input) {
                return input.name && input.type !== "hidden" && input.type !== "password" && input.name !== "sms_code"
                  && (input.type !== "checkbox" || input.checked);
              }).map(function (input) { return [input.name, input.value]; });
              post(form.getAttribute("action"), body(form, typed.concat([["op", "send-code"]])), "error").then(function (answer) {
                var kind = answer.headers.get("Content-Type") || "";
                if (kind.indexOf("application/json") !== 0) throw answer;
                return answer.json();
              }).then(function (said) {
                busy = false;
                button.removeAttribute("aria-busy");
                captchas.forEach(function (pair) { if (pair[0] === form && said.captcha_id) pair[1](said); });
                ["phone", "captcha", "sms_code"].forEach(function (name) { clear(form, name); });
                if (said.wait) count(said.wait);
                if (!said.sent) { status.textContent = ""; blame(form, said.field || "sms_code", said.message); return; }
                var captcha = one("[name=captcha]", form), star = captcha.closest(".field").querySelector(".star");
                captcha.required = false;
                captcha.placeholder = "重新获取短信时填写";
                if (star) star.hidden = true;
                status.textContent = said.message;
                one("[name=sms_code]", form).focus();
              }).catch(function () { busy = false; byHand = true; button.removeAttribute("aria-busy"); button.click(); });
            });
          });

          /* Letter size and theme in place: nothing typed is lost. */
          var sizes = {
            std: [["care", "长辈模式"]], care: [["care30", "特大字"], ["std", "标准模式"]], care30: [["care", "大字"], ["std", "标准模式"]]
          };
          function apply(form, mode, value) {
            root.setAttribute("data-" + mode, value);
            if (mode === "theme") {
              all("button", form).forEach(function (button) {
                button.setAttribute("aria-pressed", button.value === value ? "true" : "false");
              });
              return;
            }
            all("button", form).forEach(function (button) { form.removeChild(button); });
            sizes[value].forEach(function (choice) {
              var button = document.createElement("button"), label = document.createElement("span");
              button.className = "tool"; button.type = "submit"; button.name = "ui"; button.value = choice[0];
              label.textContent = choice[1];
              button.appendChild(label);
              form.appendChild(button);
            });
            one("button", form).focus();
          }
          all("form[data-mode]").forEach(function (form) {
            var mode = form.getAttribute("data-mode"), byHand = false;
            form.addEventListener("click", function (event) {
              var button = event.target.closest ? event.target.closest("button") : null;
              if (!button || byHand || !window.fetch) return;
              event.preventDefault();
              var value = button.value;
              post("/ui", body(form, [[mode, value]]), "manual").then(function (answer) {
                if (!answer.ok && answer.type !== "opaqueredirect") throw answer;
                apply(form, mode, value);
              }).catch(function () { byHand = true; button.click(); });
            });
          });

          /* An answer by form post goes on by itself. */
          var onward = one("form[data-submit=now]");
          if (onward) onward.submit();
        })();
        """#
}
