import OAuth

/// The strict parameters of OAuth, not the path parameters of the framework: every form and query of ours is read by them.
typealias Parameters = OAuth.Parameters
