import Cryptography
import HTTPTypes
import Hummingbird
import NIOCore
import OAuth

/// The picture and the spoken form of a captcha, and a fresh one for the page's script.
struct CaptchaEndpoints: Sendable {
    let desk: PageDesk
    let captchas: Captchas

    func addRoutes(to router: Router<ProviderContext>) {
        router.get("captcha/:file") { request, context in try await file(request, context) }
        router.post("captcha") { request, context in try await renew(request, context) }
    }

    /// `/captcha/{id}.png` and `/captcha/{id}.wav`: drawn anew at each call, never stored in the clear.
    private func file(_ request: Request, _ context: ProviderContext) async throws -> Response {
        guard let name = context.parameters.get("file"), let dot = name.lastIndex(of: ".") else {
            throw HTTPError(.notFound)
        }
        let kind = name[name.index(after: dot)...]
        guard kind == "png" || kind == "wav", let answer = try await captchas.answer(id: String(name[..<dot])) else {
            throw HTTPError(.notFound)
        }
        let isCare = TextSize(cookie: desk.cookies.value(.ui, in: request)).isCare
        // A few milliseconds of drawing: not on the event loop that the request runs on.
        let bytes: [UInt8]? = await withTaskExecutorPreference(globalConcurrentExecutor) {
            kind == "png" ? CaptchaPicture.png(answer, isLarge: isCare) : CaptchaAudio.wav(answer)
        }
        guard let bytes else { throw HTTPError(.internalServerError) }
        return Response(
            status: .ok,
            headers: [.contentType: kind == "png" ? "image/png" : "audio/wav", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }

    /// Another captcha for the same form, without leaving the page.
    private func renew(_ request: Request, _ context: ProviderContext) async throws -> Response {
        let browser = desk.browser(request)
        let form = try await desk.form(request)
        guard desk.antiForgery.isValid(form.field(named: "csrf"), for: browser) else { throw HTTPError(.forbidden) }
        guard let purpose = Captchas.Purpose(rawValue: form.field(named: "captcha_for")) else {
            throw HTTPError(.badRequest)
        }
        let fresh = try await captchas.issue(purpose, browser: browser)
        return .json(["captcha_id": .string(fresh.id), "bits": .integer(Int64(fresh.proofBits))])
    }
}
