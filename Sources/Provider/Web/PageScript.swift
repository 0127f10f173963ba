/// The one script. Every journey works without it; it saves reloads, moves focus to what went wrong and stops double
/// submission. It is served as a file: the policy allows nothing inline. Written for the web views of old phones.
enum PageScript {
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

          /* Another captcha, and the spoken one, without leaving the page. */
          all("button[data-captcha=renew]").forEach(function (button) {
            var form = button.form;
            var picture = one("[data-captcha=picture]", form), id = one("[data-captcha=id]", form);
            var sound = one("[data-captcha=sound]", form), status = one("[data-captcha=status]", form);
            var listen = one("[data-captcha=listen]", form), input = one("[name=captcha]", form);
            var byHand = false;
            function renew(event) {
              if (byHand || !window.fetch) return;
              event.preventDefault();
              post("/captcha", body(form), "error").then(function (answer) {
                if (!answer.ok) throw answer;
                return answer.json();
              }).then(function (fresh) {
                id.value = fresh.captcha_id;
                picture.src = "/captcha/" + fresh.captcha_id + ".png";
                sound.src = "/captcha/" + fresh.captcha_id + ".wav";
                input.value = "";
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
