/// The pictures of the pages: inline SVG of our own, in a few strokes, hidden from people who listen.
enum Marks {
    /// The operator's mark, or the built-in one: a city gate with two roofs over an arch.
    static func brand(_ brand: Brand) -> HTML {
        if let mark = brand.markSVG { return "<span class=\"gate\">\(raw: mark)</span>" }
        return "<svg class=\"gate\" viewBox=\"0 0 48 48\" aria-hidden=\"true\" focusable=\"false\">\(gate)</svg>"
    }

    /// The strokes of the mark, also drawn as the site's icon.
    static let gate: HTML = """
        <rect width="48" height="48" rx="10" class="plate"/>\
        <path class="line" d="M9 17.5c4.5-.6 7-2.4 8.5-5.5h13c1.500 3.100 4 4.900 8.500 5.500M13 17.500v4M35 17.500v4M7 25.500c3-.4 4.500-1.700 5.500-4h23c1 2.300 2.500 3.600 5.500 4M11 25.500V37M37 25.500V37M8 37h9.500M30.500 37H40M17.500 37v-4.500a6.500 6.500 0 0 1 13 0V37M24 12V8.500"/>
        """

    static let help: HTML = icon(
        "<circle cx=\"10\" cy=\"10\" r=\"7.500\"/><path d=\"M7.800 7.800a2.300 2.300 0 1 1 3.300 2.100c-.7.300-1.100.8-1.100 1.500v.3M10 14v.1\"/>"
    )
    static let letterSize: HTML = icon(
        "<path d=\"M2.500 15 6.800 5h.4l4.300 10M4 11.800h6M12 15l2.600-6h.3l2.600 6M13 13h3.500\"/>"
    )
    static let renew: HTML = icon("<path d=\"M16 10a6 6 0 1 1-1.900-4.400M16.200 2.800v3.400h-3.400\"/>")
    static let speaker: HTML = icon(
        "<path d=\"M3 8v4h2.800L10 15.500v-11L5.800 8zM12.800 7.500a3.600 3.600 0 0 1 0 5M15 5a7 7 0 0 1 0 10\"/>"
    )
    static let warning: HTML = icon("<circle cx=\"10\" cy=\"10\" r=\"7.500\"/><path d=\"M10 6v5M10 13.900v.1\"/>")
    static let tick: HTML = icon("<path d=\"m4.500 10.500 3.700 3.700 7.300-8\"/>")
    static let shield: HTML = icon(
        "<path d=\"M10 2.500 4 4.800v4.500c0 3.900 2.500 6.700 6 8.200 3.500-1.500 6-4.300 6-8.200V4.800zM7.200 9.800l2.100 2.100 3.700-4\"/>"
    )
    static let skyline: HTML = ""

    private static func icon(_ strokes: HTML) -> HTML {
        "<svg class=\"icon\" viewBox=\"0 0 20 20\" aria-hidden=\"true\" focusable=\"false\">\(strokes)</svg>"
    }
}
