import Cryptography
import FoundationEssentials
import Hummingbird
import NIOCore
import Postgres

/// `Idempotency-Key` of a POST: a call that is sent again, because its answer was lost on the way, is not done again; it gets the
/// first answer (draft-ietf-httpapi-idempotency-key-header). Kept for ten minutes, sealed, since answers hold tokens.
struct RepeatedAnswers: Sendable {
    static let lifetime = 600

    let database: Database
    let clock: ServerClock
    let key: Secret<[UInt8]>

    enum Claim: Sendable {
        /// Nobody did this before: do it, then store the answer under the place.
        case first(Place)
        case repeated(status: Int, body: [UInt8])
        /// The key was used for another request.
        case mismatch
        /// The first is still under way.
        case underWay
    }

    struct Place: Sendable {
        fileprivate let day: Int
        fileprivate let hash: [UInt8]
    }

    /// Claims a key for a caller and a request.
    func claim(_ idempotencyKey: String, caller: String, request: [UInt8]) async throws -> Claim {
        let now = clock.now
        // A key that was first used before midnight is found in yesterday's partition.
        let days = [Day(of: now.addingTimeInterval(-Double(Self.lifetime))).number, Day(of: now).number]
        let hash = OpaqueToken.hash("\(caller)|\(idempotencyKey)", type: "idempotency_key")
        let digest = Digest.sha256(request)
        let day = days[1]
        let rows = try await database.write(
            """
            INSERT INTO mini_program_answer (day, hash, request, begun_at, expires_at)
            SELECT \(day), \(hash), \(digest), instant(), instant() + make_interval(secs => \(Double(Self.lifetime)))
            WHERE NOT EXISTS (SELECT 1 FROM mini_program_answer WHERE day = \(days[0]) AND day <> \(day)
                AND hash = \(hash) AND expires_at > instant())
            ON CONFLICT (day, hash) DO UPDATE SET request = excluded.request, answer = NULL,
                begun_at = excluded.begun_at, expires_at = excluded.expires_at
                WHERE mini_program_answer.expires_at <= instant()
            RETURNING day
            """
        )
        if !rows.isEmpty { return .first(Place(day: day, hash: hash)) }
        let found = try await database.row(
            """
            SELECT day, request, answer FROM mini_program_answer
            WHERE day IN (\(days[0]), \(days[1])) AND hash = \(hash) AND expires_at > instant()
            """
        )
        guard let found else { return .underWay }
        guard try found.get("request", as: [UInt8].self) == digest else { return .mismatch }
        guard let sealed = try found.get("answer", as: [UInt8]?.self) else { return .underWay }
        let bytes = try AESGCM.open(sealed, key: key.reveal(), aad: hash)
        guard bytes.count >= 2 else { return .underWay }
        return .repeated(status: Int(bytes[0]) << 8 | Int(bytes[1]), body: Array(bytes.dropFirst(2)))
    }

    func store(_ place: Place, status: Int, body: [UInt8]) async throws {
        let plain = [UInt8(status >> 8 & 255), UInt8(status & 255)] + body
        let sealed = try AESGCM.seal(plain, key: key.reveal(), aad: place.hash)
        try await database.execute(
            "UPDATE mini_program_answer SET answer = \(sealed) WHERE day = \(place.day) AND hash = \(place.hash)"
        )
    }

    /// The call failed on our side: it may be tried again with the same key.
    func release(_ place: Place) async throws {
        try await database.execute(
            """
            UPDATE mini_program_answer SET expires_at = instant()
            WHERE day = \(place.day) AND hash = \(place.hash) AND answer IS NULL
            """
        )
    }
}
