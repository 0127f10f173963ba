import Cryptography
import FoundationEssentials

/// A QR conversation's states (journeys.md Q2) and the only moves between them.
enum QRSessionState: String, Sendable, CaseIterable {
    /// The picture is on the page and nobody has scanned it.
    case waiting
    /// A logged-in phone has scanned it and is shown what it would confirm.
    case scanned
    /// The phone said yes; the browser has not come for it yet.
    case confirmed
    /// The browser that asked for the picture has its session.
    case consumed
    case cancelled
    /// Too late. Never stored: a row whose time is over reads as this.
    case expired

    /// Where a move leads from here; nil when it is none.
    func after(_ move: QRSessionMove) -> QRSessionState? {
        switch (self, move) {
        case (.waiting, .scan): .scanned
        case (.scanned, .confirm): .confirmed
        case (.scanned, .mistake): .scanned
        case (.confirmed, .consume): .consumed
        // The phone may take back what the browser has not used; the browser may throw away a picture.
        case (.waiting, .cancel), (.scanned, .cancel), (.confirmed, .cancel): .cancelled
        case (.waiting, .expire), (.scanned, .expire), (.confirmed, .expire): .expired
        default: nil
        }
    }

    /// Nothing happens to it any more.
    var isFinal: Bool { QRSessionMove.allCases.allSatisfy { after($0) == nil } }
}

/// What may be done to a QR conversation.
enum QRSessionMove: Sendable, CaseIterable {
    case scan, confirm
    /// A wrong number was picked, and one more try is left.
    case mistake
    case cancel, consume, expire

    /// The states it may be done in: the condition of the statement that does it.
    var origins: [String] { QRSessionState.allCases.filter { $0.after(self) != nil }.map(\.rawValue) }
}

/// A conversation as the browser that owns it sees it.
struct QRSession: Sendable {
    /// The poll secret: 46 characters that never stand in the picture.
    let id: String
    let version: Int
    let state: QRSessionState
    /// Seconds until it expires; 0 once it has.
    let expiresIn: Int
    /// Who scanned.
    let account: AccountID?
    /// The number the page shows and the phone must pick; nil when none is asked.
    let number: Int?
    /// The waiting authorization it will continue.
    let pending: String?
}

/// What the phone is shown before it confirms (journeys.md Q4, trust.md T01).
struct QRSessionScan: Sendable {
    let ticket: String
    let clientID: String?
    let domain: String?
    let network: String?
    let userAgent: String?
    let createdAt: Date
    let expiresAt: Date
    /// Three to pick from, one of which the page shows; nil when none is asked.
    let numbers: [Int64]?
}

/// Why a phone's or a browser's wish was not fulfilled. The raw value stands in the audit log.
enum QRSessionRefusal: String, Error, Sendable {
    case unknown, expired, used, cancelled
    case alreadyScanned = "already_scanned"
    case numberNeeded = "number_needed"
    case numberWrong = "number_wrong"
    /// The second wrong number: the conversation is over.
    case numbersSpent = "numbers_spent"
    case wrongBrowser = "wrong_browser"

    /// What a state that cannot be moved on means to who tried.
    init(_ state: QRSessionState) {
        switch state {
        case .waiting, .expired: self = .expired
        case .scanned: self = .alreadyScanned
        case .confirmed, .consumed: self = .used
        case .cancelled: self = .cancelled
        }
    }
}

/// What the picture holds: 128 random-looking bits that log nobody in, derived from the poll secret by a key of the
/// installation. From the secret the page can be drawn again; from the picture nobody gets to the secret.
struct QRSessionPicture: Sendable {
    let code: String

    /// The picture of a conversation.
    init(of id: String, key: Secret<[UInt8]>) {
        code = Base64URL.encode(Array(HMAC.sha256(key: key.reveal(), Array("qr-picture|\(id)".utf8)).prefix(16)))
    }

    /// What a phone read, whole: `{issuer}/q/{22 characters}`; nil for any other text.
    init?(scanned text: String, issuer: String) {
        let prefix = Self.prefix(issuer)
        guard text.utf8.count == prefix.utf8.count + 22, text.utf8.starts(with: prefix.utf8) else { return nil }
        let code = String(decoding: text.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
        guard Base64URL.decode(code)?.count == 16 else { return nil }
        self.code = code
    }

    func text(issuer: String) -> String { Self.prefix(issuer) + code }

    /// What is stored of it.
    var hash: [UInt8] { OpaqueToken.hash(code, type: "qr_picture") }

    private static func prefix(_ issuer: String) -> String { issuer + "/q/" }
}
