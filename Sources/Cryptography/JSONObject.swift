/// The members of a JSON object: distinct names in the order of writing.
///
/// Names are compared by their bytes, as RFC 8259 §8.3 advises, and not by Unicode equivalence as `String` does.
public struct JSONObject: Sendable {
    private var entries: [(name: String, value: JSON)] = []
    /// Positions by name, kept once there are more than ``indexed`` members, so that no search is quadratic.
    private var index: [ByteName: Int]?

    private static let indexed = 12

    /// No members.
    public init() {}

    /// The member names in the order of writing.
    public var names: [String] { entries.map(\.name) }

    /// How many members there are.
    public var count: Int { entries.count }

    /// Whether there are no members.
    public var isEmpty: Bool { entries.isEmpty }

    /// The member of that name. Setting a new name appends it, setting nil removes the member.
    public subscript(_ name: String) -> JSON? {
        get { position(of: name).map { entries[$0].value } }
        set {
            switch (position(of: name), newValue) {
            case (let found?, let value?): entries[found].value = value
            case (nil, let value?): add(name, value)
            case (let found?, nil):
                entries.remove(at: found)
                rebuildIndex()
            case (nil, nil): break
            }
        }
    }

    /// Appends a member unless the name is taken.
    /// - Returns: whether it was appended.
    mutating func appendIfNew(_ name: String, _ value: JSON) -> Bool {
        guard position(of: name) == nil else { return false }
        add(name, value)
        return true
    }

    private mutating func add(_ name: String, _ value: JSON) {
        entries.append((name, value))
        if index != nil {
            index?[ByteName(name)] = entries.count - 1
        } else if entries.count > Self.indexed {
            rebuildIndex()
        }
    }

    private mutating func rebuildIndex() {
        index = nil
        guard entries.count > Self.indexed else { return }
        var positions: [ByteName: Int] = [:]
        positions.reserveCapacity(entries.count * 2)
        for (position, entry) in entries.enumerated() { positions[ByteName(entry.name)] = position }
        index = positions
    }

    private func position(of name: String) -> Int? {
        if let index { return index[ByteName(name)] }
        let wanted = ByteName(name)
        for position in entries.indices where ByteName(entries[position].name) == wanted { return position }
        return nil
    }
}

extension JSONObject: Sequence {
    /// The members in the order of writing.
    public func makeIterator() -> some IteratorProtocol<(name: String, value: JSON)> { entries.makeIterator() }
}

extension JSONObject: Equatable {
    /// Whether both have the same names with the same values; the order of members has no meaning (RFC 8259 §4).
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        guard left.count == right.count else { return false }
        return left.entries.allSatisfy { right[$0.name] == $0.value }
    }
}

/// A member name compared and hashed by its UTF-8 bytes.
private struct ByteName: Hashable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (left: ByteName, right: ByteName) -> Bool {
        let (a, b) = (left.text.utf8, right.text.utf8)
        return a.count == b.count && a.elementsEqual(b)
    }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
