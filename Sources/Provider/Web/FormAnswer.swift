import Cryptography
import Hummingbird

/// What the page's script is told when it asked for a code without leaving the page.
struct SendCodeAnswer: Sendable {
    /// The words, and the fault's field; nil when the code was sent.
    var fault: FormFault?
    var message: String
    /// Seconds until another may be asked for; 0 when that is now or not known.
    var wait: Int
    /// The picture for the next one.
    var captcha: CaptchaChallenge

    var response: Response {
        var object = JSONObject()
        object["sent"] = .bool(fault == nil)
        object["message"] = .string(message)
        object["wait"] = .integer(Int64(wait))
        object["captcha_id"] = .string(captcha.id)
        object["bits"] = .integer(Int64(captcha.proofBits))
        if let fault {
            object["code"] = .string(fault.fault.code.rawValue)
            object["field"] = fault.field.map { .string($0.rawValue) } ?? .null
        }
        // 200 in any case: to a browser's console, a status of failure would be an error of the page.
        return .json(JSON.object(object))
    }

    /// Whether the answer is for the script: it says so.
    static func isWanted(by request: Request) -> Bool { request.headers[.accept] == "application/json" }
}
