import CQREncode

/// A QR code as SVG by libqrencode: dark on white whatever the theme, a quiet zone of four modules (ISO/IEC 18004 §6.3.8).
enum QRPicture {
    private static let quiet = 4

    /// The picture of a short ASCII text, or nil when libqrencode has no memory.
    static func svg(_ text: String) -> HTML? {
        guard let code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M) else { return nil }
        defer { QRcode_free(code) }
        let width = Int(code.pointee.width)
        guard let modules = code.pointee.data else { return nil }
        var path = ""
        for y in 0..<width {
            var x = 0
            while x < width {
                let start = x
                while x < width, modules[y * width + x] & 1 == 1 { x += 1 }
                if x > start { path += "M\(start + quiet) \(y + quiet)h\(x - start)v1H\(start + quiet)z" }
                x += 1
            }
        }
        let side = width + 2 * quiet
        return """
            <svg class="qr-picture" viewBox="0 0 \(side) \(side)" role="img" aria-label="登录二维码" focusable="false" \
            shape-rendering="crispEdges"><path fill="#fff" d="M0 0h\(side)v\(side)H0z"/><path fill="#000" d="\(path)"/></svg>
            """
    }
}
