/// Language tags of pages (RFC 5646, RFC 4647 §3.4 lookup).
enum UILocale {
    /// The supported tag that serves a wished one: the same, or what is left after cutting subtags from its end, or the first supported tag
    /// of the same language. Letters of either case are the same (RFC 5646 §2.1.1).
    static func match(_ wanted: String, in supported: [String]) -> String? {
        var range = wanted.lowercased().utf8.split(separator: UInt8(ascii: "-"))
            .map { String(decoding: $0, as: UTF8.self) }
        guard let language = range.first, wanted.utf8.count <= 35 else { return nil }
        while !range.isEmpty {
            let tag = range.joined(separator: "-")
            if let found = supported.first(where: { $0.lowercased() == tag }) { return found }
            range.removeLast()
        }
        return supported.first { $0.lowercased().utf8.starts(with: "\(language)-".utf8) }
    }
}
