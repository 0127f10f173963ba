extension Marks {
    /// The gate of a city at evening: tower, wall and the swifts that nest under its roofs. Drawn in the colour of the
    /// text around it, decoration only.
    static let skyline: HTML = """
        <svg class="skyline" viewBox="0 0 480 240" preserveAspectRatio="xMidYMax meet" aria-hidden="true" focusable="false">
        \(sun)\(clouds)\(swifts)
        <g class="wall">\(wall)</g>
        <g class="tower">\(lowerRoof)\(upperRoof)\(columns)</g>
        </svg>
        """

    private static let sun: HTML = "<circle class=\"sun\" cx=\"366\" cy=\"62\" r=\"27\"/>"

    private static let clouds: HTML = """
        <path class="cloud" d="M28 92h62a11 11 0 0 0 0-22 9 9 0 0 0-9 9M58 92a14 14 0 0 1 20-19M384 112h58a10 10 0 0 0 0-20 8 8 0 0 0-8 8M408 112a12 12 0 0 1 17-17M16 126h44M420 136h44M-90 104h70M-150 132h54M505 96h60M560 122h70"/>
        """

    private static let swifts: HTML = """
        <path class="swift" d="M112 44c8-8 13-9 17-6 3-4 9-5 19-1-8-1-13 1-16 5 0 4-2 6-4 7 1-3 1-5-1-6-4-2-8-2-15 1zM160 74c5-5 8-6 11-4 2-3 6-3 12-1-5 0-8 1-10 4 0 2-1 4-3 4 1-2 1-3-1-4-2-1-5-1-9 1zM92 70c4-4 6-5 8-3 2-2 5-2 9-1-4 0-6 1-8 3 0 2-1 3-2 3 1-1 1-2-1-3-1-1-3-1-6 1z"/>
        """

    /// The platform with its passage, battlements and courses of brick.
    private static let wall: HTML = """
        <path class="body" d="M-480 240V196h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6L116 172h-4v-6h5.5v-6h14.6v6h5.5h5.5v-6h14.6v6h5.5h5.5v-6h14.6v6h5.5h5.5v-6h14.6v6h5.5h5.5v-6h14.6v6h5.5h5.5v-6h14.6v6h5.5h5.5v-6h14.6v6h5.5h5.5v-6h14.6v6h5.5h5.5v-6h14.6v6h5.5h5.5v-6h14.6v6h5.5v6h-4L368 196h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6h6v-6h13.7391v6h6V240z"/>
        <path class="gateway" d="M214 240v-26a26 26 0 0 1 52 0v26"/>
        <path class="line" d="M206 240v-27a34 34 0 0 1 68 0v27M-480 204h591M369 204h591M116 178h248M132 190h40M308 190h40M150 222h34M296 222h34M126 206h72M282 206h72M26 222h60M394 222h60M64 209h44M372 209h44M-60 216h52M488 216h52M-190 226h64M606 226h64M-320 214h48M752 214h48"/>
        """

    private static let lowerRoof: HTML = """
        <path class="roof" d="M118 128c16-2 28-8 36-20h172c8 12 20 18 36 20-4 3-8 4-13 4H131c-5 0-9-1-13-4z"/>
        <path class="line" d="M131 132h218M150 114h180M166 108l-10 24M186 108l-6 24M206 108l-3 24M240 108v24M274 108l3 24M294 108l6 24M314 108l10 24"/>
        """

    private static let upperRoof: HTML = """
        <path class="roof" d="M134 86c20-4 36-14 46-32h120c10 18 26 28 46 32-4 3-8 4-13 4H147c-5 0-9-1-13-4z"/>
        <path class="line" d="M174 54h132M176 54c-4-1-5-5-3-9 2 3 5 3 7 2M304 54c4-1 5-5 3-9-2 3-5 3-7 2M147 90h186M194 54l-14 36M210 54l-8 36M225 54l-3 36M240 54v36M255 54l3 36M270 54l8 36M286 54l14 36"/>
        """

    private static let columns: HTML = """
        <path class="hall" d="M160 90h160v18H160zM140 132h200v28H140z"/>
        <path class="line" d="M160 90v18M186 90v18M213 90v18M267 90v18M294 90v18M320 90v18M140 132v28M168 132v28M197 132v28M224 132v28M256 132v28M283 132v28M312 132v28M340 132v28M134 160h212M140 148h28M168 148h29M283 148h29M312 148h28M226 92h28v12h-28z"/>
        """
}
