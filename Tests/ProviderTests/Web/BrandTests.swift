import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

@testable import Provider

@Suite struct `Brand of a city` {
    @Test(arguments: [(0xB4, 0x23, 0x2A), (0x0A, 0x4A, 0x8A), (0x1E, 0x6B, 0x3C), (0, 0, 0)])
    func `shades of any primary colour keep the contrast their ground needs`(red: UInt8, green: UInt8, blue: UInt8) {
        var colours = Brand.Colours()
        colours.primary = Colour(red: red, green: green, blue: blue)
        #expect(colours.primaryDeep.contrast(with: .white) >= 9)
        #expect(colours.primaryOnDark.contrast(with: .night) >= 8)
        let sheet = StyleSheet.text(colours)
        #expect(sheet.contains("--primary:\(colours.primary.hex);"))
        // Nothing is left of the house's own red.
        if red == 0x0A { #expect(!sheet.contains(Brand.Colours().primary.hex)) }
    }

    @Test func `texts of the default palette can be read`() {
        let colours = Brand.Colours()
        #expect(colours.primary.contrast(with: .white) >= 6)
        #expect(colours.ink.contrast(with: colours.ground) >= 14)
        #expect(colours.secondary.contrast(with: colours.ground) >= 4.5)
    }

    @Test(arguments: ["#B4232A", "#b4232a"])
    func `a colour is read from six digits`(hex: String) {
        #expect(Colour(hex: hex) == Brand.Colours().primary)
        #expect(Colour(hex: hex)?.hex == "#B4232A")
    }

    @Test(arguments: ["", "B4232A", "#B4232", "#B4232AA", "#B4232G", "red", "#B4232A;}", "#Ｂ4232A", "#+42323"])
    func `anything else is no colour, so that nothing else reaches the stylesheet`(text: String) {
        #expect(Colour(hex: text) == nil)
    }

    @Test func `contrast is WCAG's`() {
        let (black, white) = (Colour(red: 0, green: 0, blue: 0), Colour(red: 255, green: 255, blue: 255))
        #expect(black.contrast(with: white) == 21)
        #expect(white.contrast(with: white) == 1)
        #expect(abs(Colour(red: 0xB4, green: 0x23, blue: 0x2A).contrast(with: white) - 6.5) < 0.1)
    }
}

@Suite struct `Files of the pages` {
    @Test func `an address changes with its content and only with it`() {
        var brand = Brand()
        let first = Assets(brand: brand)
        brand.productName = "另一座城市"
        #expect(Assets(brand: brand).stylesheet.path == first.stylesheet.path)
        brand.colours.primary = Colour(red: 0x0A, green: 0x4A, blue: 0x8A)
        #expect(Assets(brand: brand).stylesheet.path != first.stylesheet.path)
        #expect(Assets(brand: brand).script.path == first.script.path)
    }

    @Test func `each is found by its path, others are not`() {
        let assets = Assets(brand: Brand())
        for asset in [assets.stylesheet, assets.script, assets.icon] {
            #expect(assets.asset(at: asset.path)?.bytes == asset.bytes)
        }
        #expect(assets.asset(at: "/assets/../Keys") == nil)
    }

    @Test func `nothing is fetched from elsewhere`() {
        let assets = Assets(brand: Brand())
        let sheet = String(decoding: assets.stylesheet.bytes, as: UTF8.self)
        #expect(!sheet.contains("url(") && !sheet.contains("@import"))
        #expect(!String(decoding: assets.script.bytes, as: UTF8.self).contains("http"))
    }

    @Test func `braces and brackets of the stylesheet are in pairs`() {
        let sheet = Assets(brand: Brand()).stylesheet.bytes
        for (open, close) in [("{", "}"), ("(", ")"), ("[", "]")] {
            #expect(sheet.count { open.utf8.first == $0 } == sheet.count { close.utf8.first == $0 })
        }
    }

    @Test func `the first page with all its files is under 60 KB`() throws {
        let site = Site(brand: Brand())
        let context = PageContext(
            site: site,
            csrf: String(repeating: "c", count: 64),
            returnPath: "/login",
            reference: "R"
        )
        let page = SignInPage(captcha: CaptchaChallenge(id: "k7Qm3xT9aB")).page(in: context)
        let picture = try #require(CaptchaPicture.png("7391", isLarge: true))
        let assets = site.assets
        let sheet = try #require(assets.stylesheet.compressed)
        let script = try #require(assets.script.compressed)
        let files = [page.document.bytes, sheet, script, assets.icon.bytes, picture]
        #expect(files.map(\.count).reduce(0, +) < 60_000)
    }

    @Test func `files travel compressed to browsers that take gzip, and whole to others`() async throws {
        try await TestServer.with { server in
            let asset = server.rooms.desk.site.assets.script
            func sent(_ codings: String?) async throws -> (coding: String?, size: Int) {
                var headers = HTTPFields()
                headers[.acceptEncoding] = codings
                return try await server.client.execute(uri: asset.path, method: .get, headers: headers) {
                    #expect($0.headers[.vary] == "Accept-Encoding")
                    return ($0.headers[.contentEncoding], $0.body.readableBytes)
                }
            }
            let small = try #require(asset.compressed)
            #expect(small.count < asset.bytes.count / 2 && small.starts(with: [0x1F, 0x8B]))
            for codings in ["gzip, deflate, br", "br;q=1.0, GZIP;q=0.8"] {
                #expect(try await sent(codings) == ("gzip", small.count))
            }
            for codings in [nil, "", "br", "gzip;q=0", "xgzip", "identity"] as [String?] {
                #expect(try await sent(codings) == (nil, asset.bytes.count))
            }
        }
    }
}
