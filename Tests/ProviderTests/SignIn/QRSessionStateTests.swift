import Testing

@testable import Provider

@Suite struct `The states of a QR conversation` {
    /// Every legal move, written out apart from the code.
    private static let legal: [String: [String: String]] = [
        "waiting": ["scan": "scanned", "cancel": "cancelled", "expire": "expired"],
        "scanned": ["confirm": "confirmed", "mistake": "scanned", "cancel": "cancelled", "expire": "expired"],
        "confirmed": ["consume": "consumed", "cancel": "cancelled", "expire": "expired"],
        "consumed": [:], "cancelled": [:], "expired": [:],
    ]

    @Test(arguments: QRSessionState.allCases, QRSessionMove.allCases)
    func `allow each move of the table and no other`(state: QRSessionState, move: QRSessionMove) {
        #expect(state.after(move)?.rawValue == Self.legal[state.rawValue]?["\(move)"])
    }

    @Test func `end where nothing can happen any more`() {
        #expect(QRSessionState.allCases.filter(\.isFinal) == [.consumed, .cancelled, .expired])
    }

    @Test func `give the statements their conditions`() {
        #expect(QRSessionMove.scan.origins == ["waiting"])
        #expect(QRSessionMove.confirm.origins == ["scanned"])
        #expect(QRSessionMove.consume.origins == ["confirmed"])
        #expect(QRSessionMove.cancel.origins == ["waiting", "scanned", "confirmed"])
    }

    @Test(
        arguments: [
            "", "https://login.example/q/", "https://login.example/q/AAAAAAAAAAAAAAAAAAAAA",
            "https://login.example/q/AAAAAAAAAAAAAAAAAAAAAAA", "http://login.example/q/AAAAAAAAAAAAAAAAAAAAAA",
            "https://login.example/q/AAAAAAAAAAAAAAAAAAAA+A", "https://login.example.evil/q/AAAAAAAAAAAAAAAAAAAAAA",
            "https://login.example/q/AAAAAAAAAAAAAAAAAAAAAB",
        ]
    )
    func `know no picture but their own issuer's`(text: String) {
        #expect(QRSessionPicture(scanned: text, issuer: "https://login.example") == nil)
    }
}
