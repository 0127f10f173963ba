/// The one stylesheet.
enum StyleSheet {
    static func text(_ colours: Brand.Colours) -> String { "" }
}
