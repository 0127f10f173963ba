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
        <path class="line" d="M9 17.5c4.5-.6 7-2.4 8.5-5.5h13c1.5 3.1 4 4.9 8.5 5.5M13 17.5v4M35 17.5v4M7 25.5c3-.4 4.5-1.7 5.5-4h23c1 2.3 2.5 3.6 5.5 4M11 25.5V37M37 25.5V37M8 37h9.5M30.5 37H40M17.5 37v-4.5a6.5 6.5 0 0 1 13 0V37M24 12V8.5"/>
        """

    static let help: HTML = icon(
        "<circle cx=\"10\" cy=\"10\" r=\"7.5\"/><path d=\"M7.8 7.8a2.3 2.3 0 1 1 3.3 2.1c-.7.3-1.1.8-1.1 1.5v.3M10 14v.1\"/>"
    )
    static let letterSize: HTML = icon(
        "<path d=\"M2.5 15 6.8 5h.4l4.3 10M4 11.8h6M12 15l2.6-6h.3l2.6 6M13 13h3.5\"/>"
    )
    static let renew: HTML = icon("<path d=\"M16 10a6 6 0 1 1-1.9-4.4M16.2 2.8v3.4h-3.4\"/>")
    static let speaker: HTML = icon(
        "<path d=\"M3 8v4h2.8L10 15.5v-11L5.8 8zM12.8 7.5a3.6 3.6 0 0 1 0 5M15 5a7 7 0 0 1 0 10\"/>"
    )
    static let warning: HTML = icon("<circle cx=\"10\" cy=\"10\" r=\"7.5\"/><path d=\"M10 6v5M10 13.9v.1\"/>")
    static let tick: HTML = icon("<path d=\"m4.5 10.5 3.7 3.7 7.3-8\"/>")
    static let shield: HTML = icon(
        "<path d=\"M10 2.5 4 4.8v4.5c0 3.9 2.5 6.7 6 8.2 3.5-1.5 6-4.3 6-8.2V4.8zM7.2 9.8l2.1 2.1 3.7-4\"/>"
    )

    private static func icon(_ strokes: HTML) -> HTML {
        "<svg class=\"icon\" viewBox=\"0 0 20 20\" aria-hidden=\"true\" focusable=\"false\">\(strokes)</svg>"
    }
}
