/// The files that pages refer to: one stylesheet, one script with its worker, one icon. Their addresses carry a hash of their content,
/// so a browser may keep them for ever and a new release is a new address.
struct Assets: Sendable {
    let stylesheet: Asset
    let script: Asset
    let icon: Asset
    /// The same for every brand.
    static let worker = Asset(ProofWorker.text, kind: "js", contentType: "text/javascript; charset=utf-8")

    init(brand: Brand) {
        stylesheet = Asset(StyleSheet.text(brand.colours), kind: "css", contentType: "text/css; charset=utf-8")
        script = Asset(PageScript.compact, kind: "js", contentType: "text/javascript; charset=utf-8")
        icon = Asset(Assets.icon(brand), kind: "svg", contentType: "image/svg+xml")
    }

    /// The file at a path such as `/assets/3f9a….css`, or nil.
    func asset(at path: String) -> Asset? {
        [stylesheet, script, icon, Self.worker].first { $0.path == path }
    }

    /// `Cache-Control` for every asset.
    static let cacheControl = "public, max-age=31536000, immutable"

    private static func icon(_ brand: Brand) -> String {
        if let mark = brand.markSVG { return mark }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><style>.plate{fill:\(brand.colours.primary.hex)}\
            .line{fill:none;stroke:#fff;stroke-width:2.4;stroke-linecap:round;stroke-linejoin:round}</style>\
            \(Marks.gate.string)</svg>
            """
    }
}

/// One file served under `/assets/`.
struct Asset: Sendable {
    let path: String
    let contentType: String
    let bytes: [UInt8]
    /// The same in the gzip coding, for browsers that take it.
    let compressed: [UInt8]?

    init(_ text: String, kind: String, contentType: String) {
        bytes = Array(text.utf8)
        compressed = Gzip.encode(bytes)
        path = "/assets/\(Asset.hash(bytes)).\(kind)"
        self.contentType = contentType
    }

    /// FNV-1a of 64 bits: names a version for caches, guards nothing.
    private static func hash(_ bytes: [UInt8]) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let text = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }
}
