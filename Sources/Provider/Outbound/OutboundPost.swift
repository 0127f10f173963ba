import AsyncHTTPClient
import Cryptography
import NIOCore
import NIOHTTP1

extension OutboundFetch {
    /// Posts a JSON document and reads a whole JSON answer, whatever its status says: vendors tell their faults in the body.
    /// - Returns: the answer's status and body; `null` for a body that is no JSON.
    func postJSON(
        _ document: JSON,
        headers: [(String, String)],
        to address: String
    ) async throws(OutboundFetch.Fault) -> (status: Int, body: JSON) {
        let limit = limit
        let prepare: @Sendable (inout HTTPClientRequest) -> Void = { request in
            request.method = .POST
            request.headers.add(name: "content-type", value: "application/json; charset=utf-8")
            request.headers.add(name: "accept", value: "application/json")
            for (name, value) in headers { request.headers.add(name: name, value: value) }
            request.body = .bytes(ByteBuffer(bytes: document.bytes))
        }
        return try await send(address, to: prepare) { response in
            let body = try await response.body.collect(upTo: limit)
            let json = (try? JSON(parsing: Array(body.readableBytesView))) ?? .null
            return .success((status: Int(response.status.code), body: json))
        }
    }
}
