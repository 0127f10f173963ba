import Cryptography
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Postgres

/// More people log in at once than there are processors for; they are asked to try again instead of being kept waiting.
struct BusyError: Error {}

/// The outermost layer: one log line a request, and an answer for whatever was thrown (house 5.5, third family).
struct RequestLogMiddleware: RouterMiddleware {
    typealias Context = ProviderContext

    /// Whether answered requests have their line (`logging.requests`). Faults are logged either way, and so is every page of a fault: the
    /// 参考号 that the person reads out must find a line.
    let logsRequests: Bool
    /// The page for a fault that reached the top, in the site's own look.
    let errorPage: @Sendable (Fault, Request, ProviderContext) -> Page

    func handle(
        _ request: Request,
        context: ProviderContext,
        next: (Request, ProviderContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            response = answer(to: error, request, context)
        }
        guard logsRequests || Self.isFaultPage(response) else { return response }
        let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
        // The route's template, never the path: paths hold captcha ids and other people's business.
        context.logger.info(
            "request",
            metadata: [
                "route": .string(context.endpointPath ?? "none"),
                "method": .string(request.method.rawValue),
                "status": .string(String(response.status.code)),
                "ms": .string(String(Int(milliseconds.rounded()))),
                "ip_prefix": .string(ClientNetwork(address: context.clientAddress).text),
            ]
        )
        return response
    }

    private static func isFaultPage(_ response: Response) -> Bool {
        response.status.code >= 400 && response.headers[.contentType]?.hasPrefix("text/html") == true
    }

    private func answer(to error: any Error, _ request: Request, _ context: ProviderContext) -> Response {
        switch error {
        case let error as HTTPError:
            let status = error.status
            if status.code >= 500 { log(error, context) }
            let fault: Fault = status == .notFound ? .pageNotFound : .requestInvalid
            return render(fault, status: status, request, context)
        case let error as PostgresError where error.isTransient:
            log(error, context)
            let fault = Fault.dependencyDown(service: "登录服务", alternative: "稍后再试")
            var response = render(fault, status: .serviceUnavailable, request, context)
            response.headers[.retryAfter] = "2"
            return response
        case is NIOTooManyBytesError:
            return render(.requestInvalid, status: .contentTooLarge, request, context)
        case is BusyError:
            let fault = Fault.dependencyDown(service: "登录服务", alternative: "稍等几秒后再试")
            var response = render(fault, status: .serviceUnavailable, request, context)
            response.headers[.retryAfter] = "2"
            return response
        default:
            log(error, context)
            return render(.serverError(reference: context.requestID), status: .internalServerError, request, context)
        }
    }

    private func render(
        _ fault: Fault,
        status: HTTPResponse.Status,
        _ request: Request,
        _ context: ProviderContext
    ) -> Response {
        guard request.headers[.accept]?.contains("text/html") == true else {
            let code =
                status.code >= 500
                ? (status == .serviceUnavailable ? "temporarily_unavailable" : "server_error") : "invalid_request"
            return .json(["error": .string(code)], status: status)
        }
        var response = Response(page: errorPage(fault, request, context))
        response.status = status
        return response
    }

    private func log(_ error: any Error, _ context: ProviderContext) {
        // The driver's public description says nothing of values; the kind of the error is enough to start from.
        context.logger.error("request failed", metadata: ["error": "\(error)", "error_type": "\(type(of: error))"])
    }
}
