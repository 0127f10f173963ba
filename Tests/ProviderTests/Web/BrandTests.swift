import Testing

@testable import Provider

@Suite struct `Brand of a city` {
    @Test func `the default has no fault`() {
        #expect(Brand().faults.isEmpty)
    }

    @Test func `a colour on which white cannot be read is a fault in words`() {
        var brand = Brand()
        brand.colours.primary = Colour(red: 0xFF, green: 0xC0, blue: 0x00)
        #expect(brand.faults.contains { $0.contains("brand.colours.primary ") })
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
        let files = [page.document.bytes, assets.stylesheet.bytes, assets.script.bytes, assets.icon.bytes, picture]
        #expect(files.map(\.count).reduce(0, +) < 60_000)
    }
}
