import Foundation
import Testing

/// The checkout these tests lie in.
enum House {
    /// Found from this file's own place, links followed.
    static let root: URL = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every Swift file below `Sources`.
    static let sources: [SourceFile] = files(below: "Sources", ending: ".swift").map(read)
    /// Every Swift file below `Tests`.
    static let tests: [SourceFile] = files(below: "Tests", ending: ".swift").map(read)

    /// Paths from the root, sorted, hidden ones left out.
    static func files(below folder: String, ending suffix: String) -> [String] {
        let start = root.appending(path: folder)
        guard let walk = FileManager.default.enumerator(atPath: start.path) else { return [] }
        return walk.compactMap { $0 as? String }
            .filter { $0.hasSuffix(suffix) && !$0.split(separator: "/").contains { $0.hasPrefix(".") } }
            .map { folder + "/" + $0 }.sorted()
    }

    /// Every folder below `folder`, as paths from the root.
    static func folders(below folder: String) -> [String] {
        let start = root.appending(path: folder)
        guard let walk = FileManager.default.enumerator(atPath: start.path) else { return [] }
        return walk.compactMap { $0 as? String }
            .filter { name in
                var isFolder: ObjCBool = false
                _ = FileManager.default.fileExists(atPath: start.appending(path: name).path, isDirectory: &isFolder)
                return isFolder.boolValue && !name.split(separator: "/").contains { $0.hasPrefix(".") }
            }
            .map { folder + "/" + $0 }.sorted()
    }

    private static func read(_ path: String) -> SourceFile {
        let text = (try? String(contentsOf: root.appending(path: path), encoding: .utf8)) ?? ""
        return SourceFile(path: path, text: text)
    }
}

/// One breach of a rule, printed so that an editor can jump to it.
struct Breach: CustomStringConvertible, Equatable {
    let path: String
    let line: Int
    let words: String

    var description: String { "\(path):\(line): \(words)" }
}

/// Fails with every breach on a line of its own.
func expectNone(_ breaches: [Breach], sourceLocation: Testing.SourceLocation = #_sourceLocation) {
    guard !breaches.isEmpty else { return }
    let list = breaches.map(\.description).joined(separator: "\n  ")
    Issue.record("\(breaches.count) breach(es) of a rule of the house:\n  \(list)", sourceLocation: sourceLocation)
}
