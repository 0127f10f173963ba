/// Words with `{names}` in them: the catalogue's and the text pages'.
enum Template {
    /// Puts each value where its name stands in braces. One pass over the bytes, so that a value which looks like a name
    /// is not filled again; a name without a value stays.
    static func filled(_ template: String, _ values: [(name: String, value: String)]) -> String {
        let marks = values.map { (mark: Array("{\($0.name)}".utf8), value: $0.value) }
        let source = Array(template.utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(source.count)
        var index = 0
        while index < source.count {
            if source[index] == UInt8(ascii: "{"),
                let found = marks.first(where: { source[index...].starts(with: $0.mark) })
            {
                bytes.append(contentsOf: found.value.utf8)
                index += found.mark.count
            } else {
                bytes.append(source[index])
                index += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
