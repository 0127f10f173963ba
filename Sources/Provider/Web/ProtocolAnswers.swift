import Cryptography
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import OAuth
import Postgres

/// Form bodies of protocol endpoints.
enum ProtocolForm {
    /// - Throws: `OAuthError` `invalid_request` for another media type or a malformed form (RFC 6749 appendix B);
    ///   `HTTPError` 413 for one that is too large.
    static func parameters(_ request: Request, limit: Int) async throws -> Parameters {
        guard let type = request.headers[.contentType], PageDesk.FormType.isForm(type) else {
            throw OAuthError(.invalidRequest, "the body must be application/x-www-form-urlencoded")
        }
        let body = try await request.wholeBody(upTo: limit)
        return try Parameters(form: body.readableBytesView)
    }
}

/// How the endpoints that speak JSON answer what is thrown in them.
enum ProtocolAnswer {
    /// A path that is only posted to says so (RFC 9110 §15.5.6) instead of seeming absent.
    static func refuseGet(_ path: RouterPath, on router: Router<ProviderContext>) {
        router.get(path) { _, _ in
            var response = Response.json(
                OAuthError(.invalidRequest, "this endpoint takes POST").body(),
                status: .methodNotAllowed
            )
            response.headers[.allow] = "POST"
            return response
        }
    }

    /// Runs a handler; an `OAuthError` becomes the JSON of RFC 6749 §5.2, a database in trouble a 503.
    static func json(
        _ context: ProviderContext,
        realm: String,
        _ handler: () async throws -> Response
    ) async throws -> Response {
        do {
            return try await handler()
        } catch let error as OAuthError {
            context.logger.info("request refused", metadata: ["code": "\(error.code.rawValue)"])
            var response = Response.json(error.body(), status: .init(code: error.status))
            // RFC 6749 §5.2: a client that tried HTTP authentication is told that this is the way.
            if error.code == .invalidClient, error.status == 401 {
                response.headers[.wwwAuthenticate] = OAuthError.clientChallenge(realm: realm)
            }
            return response
        } catch let error as PostgresError where error.isTransient {
            context.logger.error("database unavailable", metadata: ["error": "\(error)"])
            let body: JSON = [
                "error": "temporarily_unavailable",
                "error_description": "the server cannot reach its store; try again",
            ]
            var response = Response.json(body, status: .serviceUnavailable)
            response.headers[.retryAfter] = "2"
            return response
        } catch  where error.isUnexpected {
            // The driver's public description says nothing of values.
            context.logger.error("request failed", metadata: ["error": "\(error)", "error_type": "\(type(of: error))"])
            let refusal = OAuthError(.serverError, "something unexpected; name \(context.requestID) when you ask")
            return Response.json(refusal.body(), status: .internalServerError)
        }
    }
}

extension Error {
    /// Nobody's doing but ours: neither what a request deserves nor a store that is out of reach for a moment.
    var isUnexpected: Bool {
        if let error = self as? PostgresError { return !error.isTransient }
        return !(self is any HTTPResponseError) && !(self is NIOTooManyBytesError) && !(self is BusyError)
            && !(self is CancellationError)
    }
}

extension PostgresError {
    /// The store is out of reach or its answer was lost: worth another try by whoever asked, never by us (trust.md 0).
    var isTransient: Bool {
        switch code {
        case .unavailable, .queueFull, .deadline, .connectionLost, .inDoubt: true
        default: isRetryable
        }
    }
}
