/// 小程序模拟器: a phone in a page. It logs in as a persona through a played host app, scans a picture by its text, from the list of those
/// shown lately, or (where the browser can read QR codes) from a file, and confirms or refuses. It speaks `/mp/v1` like any phone.
struct SandboxMiniProgramPage: Sendable {
    static let scriptPath = "/sandbox/mini-program/script.js"

    func page(in context: PageContext) -> Page {
        let layout = Layout(step: "小程序模拟器", page: "mini-program", width: .reading)
        return Page(status: 200, document: layout.document(content, in: context))
    }

    private var content: HTML {
        """
        <script src="\(Self.scriptPath)" defer></script>
        <div class="card" id="phone" data-state="closed" data-testid="phone">
        <h1>小程序模拟器</h1>
        <noscript><p class="lead">模拟器需要 JavaScript。没有它也可以直接调用 /mp/v1 接口。</p></noscript>
        <form id="open-form" class="form" data-testid="open">
        <p class="field"><label class="label" for="persona">人物</label><select class="input" id="persona" name="persona">\
        \(HTML.each(Persona.all) { "<option value=\"\($0.id)\">\($0.title)（\($0.note)）</option>" })</select></p>
        <p class="field"><label class="label" for="platform">所在APP</label><select class="input" id="platform" name="platform">\
        <option value="wechat">微信</option><option value="alipay">支付宝</option><option value="baidu">百度</option></select></p>
        <div class="actions">\(Button.primary("打开小程序并登录"))</div>
        </form>
        <p class="lead" role="status" id="phone-status" data-testid="status"></p>
        <form id="scan-form" class="form" hidden data-testid="scan">
        <p class="field"><label class="label" for="text">二维码内容</label>\
        <input class="input" id="text" name="text" autocomplete="off" placeholder="粘贴二维码里的网址"></p>
        <p class="field" id="file-field" hidden><label class="label" for="picture">或选择一张图片</label>\
        <input class="input" id="picture" type="file" accept="image/*"></p>
        <div class="actions">\(Button.primary("扫一扫"))</div>
        <h2>正在等待的二维码</h2><ul id="pictures" data-testid="pictures"></ul>
        </form>
        <section id="ask" hidden aria-labelledby="ask-title" data-testid="ask"><h2 id="ask-title">确认登录</h2>
        <dl id="facts"></dl><div class="pair" id="numbers"></div>
        <div class="pair"><button type="button" class="button primary" id="confirm">确认登录</button>\
        <button type="button" class="button secondary" id="refuse">取消</button>\
        <button type="button" class="button secondary" id="report">不是我本人操作</button></div></section>
        </div>
        """
    }

    static let script = #"""
        (function () {
          "use strict";
          var phone = document.getElementById("phone"), status = document.getElementById("phone-status");
          var open = document.getElementById("open-form"), scan = document.getElementById("scan-form");
          var ask = document.getElementById("ask"), facts = document.getElementById("facts");
          var numbers = document.getElementById("numbers"), list = document.getElementById("pictures");
          var token = "", ticket = "", number = null, asksNumber = false;
          function call(method, path, body) {
            var headers = { "Content-Type": "application/json", "Accept": "application/json" };
            if (token) headers.Authorization = "Bearer " + token;
            return fetch(path, { method: method, headers: headers, credentials: "omit", body: body ? JSON.stringify(body) : undefined })
              .then(function (answer) {
                return answer.json().then(function (json) { if (!answer.ok) throw json; return json; });
              });
          }
          function say(state, words) { phone.setAttribute("data-state", state); status.textContent = words; }
          function failed(problem) { say("failed", (problem && problem.detail) || "没有成功，请重试"); }
          function pictures() {
            call("GET", "/sandbox/mini-program/pictures").then(function (answer) {
              while (list.firstChild) list.removeChild(list.firstChild);
              answer.pictures.forEach(function (picture) {
                var item = document.createElement("li"), button = document.createElement("button");
                button.type = "button"; button.className = "textual"; button.textContent = picture.text;
                button.addEventListener("click", function () { look(picture.text); });
                item.appendChild(button); list.appendChild(item);
              });
            }).catch(failed);
          }
          open.addEventListener("submit", function (event) {
            var platform = open.platform.value, codes;
            event.preventDefault();
            event.stopPropagation();
            token = "";
            call("POST", "/sandbox/mini-program/login-codes", { persona: open.persona.value, platform: platform }).then(function (got) {
              codes = got;
              return call("POST", "/mp/v1/sessions", { platform: platform, app_id: codes.app_id, login_code: codes.login_code,
                device: { model: "模拟器", system: "沙箱" } });
            }).then(function (answer) {
              var body = {};
              token = answer.access_token;
              if (answer.status === "ready") return answer;
              ["phone_code", "encrypted_data", "iv"].forEach(function (name) { if (name in codes) body[name] = codes[name]; });
              body.agreement_version = answer.agreement.version;
              return call("POST", "/mp/v1/sessions/phone", body);
            }).then(function (answer) {
              if (answer.status !== "ready") throw { detail: "登录未完成：" + answer.status };
              say("open", "已登录：" + (answer.user.masked_phone || ""));
              scan.hidden = false;
              pictures();
            }).catch(failed);
          });
          scan.addEventListener("submit", function (event) { event.preventDefault(); event.stopPropagation(); look(scan.text.value.trim()); });
          if (window.BarcodeDetector) {
            document.getElementById("file-field").hidden = false;
            document.getElementById("picture").addEventListener("change", function (event) {
              var file = event.target.files[0];
              if (!file) return;
              createImageBitmap(file).then(function (image) {
                return new window.BarcodeDetector({ formats: ["qr_code"] }).detect(image);
              }).then(function (codes) {
                if (!codes.length) throw { detail: "图片里没有二维码" };
                look(codes[0].rawValue);
              }).catch(failed);
            });
          }
          function look(text) {
            call("POST", "/mp/v1/qr/scan", { text: text }).then(function (answer) {
              ticket = answer.ticket; number = null; asksNumber = !!answer.number_match;
              while (facts.firstChild) facts.removeChild(facts.firstChild);
              [["应用", answer.rp.name], ["单位", answer.rp.organisation], ["网址", answer.rp.domain], ["浏览器", answer.browser],
                ["网络", answer.network], ["时间", answer.created_at]].forEach(function (pair) {
                var row = document.createElement("div"), dt = document.createElement("dt"), dd = document.createElement("dd");
                if (!pair[1]) return;
                dt.textContent = pair[0]; dd.textContent = pair[1];
                row.appendChild(dt); row.appendChild(dd); facts.appendChild(row);
              });
              while (numbers.firstChild) numbers.removeChild(numbers.firstChild);
              (answer.number_match || []).forEach(function (value) {
                var button = document.createElement("button");
                button.type = "button"; button.className = "button secondary"; button.textContent = value;
                button.addEventListener("click", function () {
                  number = value;
                  Array.prototype.forEach.call(numbers.children, function (other) {
                    other.setAttribute("aria-pressed", other === button ? "true" : "false");
                  });
                });
                numbers.appendChild(button);
              });
              ask.hidden = false;
              say("scanned", asksNumber ? "请选择电脑上显示的数字，再确认" : "请核对后确认");
            }).catch(failed);
          }
          function end(path, body, state, words) {
            call("POST", "/mp/v1/qr/" + ticket + "/" + path, body).then(function () {
              ask.hidden = true;
              say(state, words);
              pictures();
            }).catch(failed);
          }
          document.getElementById("confirm").addEventListener("click", function () {
            end("confirm", number === null ? {} : { number: number }, "confirmed", "已确认登录");
          });
          document.getElementById("refuse").addEventListener("click", function () { end("cancel", {}, "cancelled", "已取消"); });
          document.getElementById("report").addEventListener("click", function () {
            end("cancel", { report: true }, "cancelled", "已取消，并已记录不是本人操作");
          });
        })();
        """#
}
