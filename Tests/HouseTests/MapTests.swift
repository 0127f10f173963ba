import Foundation
import Testing

/// The pages that tell a newcomer where things are: whatever they name must be there.
@Suite struct `The map` {
    private static let pages =
        ["README.md", "CHANGELOG.md"] + House.files(below: "Sources", ending: ".md")
        + House.files(below: "Keys", ending: ".md")

    private func text(of page: String) -> String {
        (try? String(contentsOf: House.root.appending(path: page), encoding: .utf8)) ?? ""
    }

    private func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: House.root.appending(path: path).path)
    }

    @Test(arguments: pages)
    func `a page names only files that are there`(page: String) {
        let quoted = text(of: page).split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
        let paths = quoted.filter { $0.contains("/") && ($0.hasSuffix(".swift") || $0.hasSuffix(".py")) }
        for path in paths {
            let found = ["", "Sources/", "Sources/Provider/", "Tests/"].contains { exists($0 + path) }
            #expect(found, "\(page) names \(path)")
        }
    }

    @Test(arguments: pages)
    func `a page's links lead somewhere`(page: String) {
        let folder = page.split(separator: "/").dropLast().joined(separator: "/")
        for part in text(of: page).components(separatedBy: "](").dropFirst() {
            guard let target = part.split(separator: ")").first?.split(separator: "#").first.map(String.init),
                !target.contains("://")
            else { continue }
            #expect(exists(folder.isEmpty ? target : folder + "/" + target), "\(page) links to \(target)")
        }
    }

    @Test func `every room stands in the map`() {
        let map = text(of: "Sources/Provider/Provider.docc/Provider.md")
        let rooms = Set(House.sources.compactMap(\.room)).sorted()
        for room in rooms { #expect(map.contains("| `\(room)` |"), "\(room) is missing in Provider.md") }
    }

    @Test func `every decision is listed and numbered once`() {
        let map = text(of: "Sources/Provider/Provider.docc/Provider.md")
        let names = House.files(below: "Sources/Provider/Provider.docc/Decisions", ending: ".md")
            .compactMap { $0.split(separator: "/").last?.dropLast(3) }.map(String.init)
        #expect(!names.isEmpty)
        for name in names { #expect(map.contains("<doc:\(name)>"), "\(name) is not listed") }
        #expect(Set(names.map { $0.prefix(4) }).count == names.count)
    }
}
