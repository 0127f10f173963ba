import Testing

/// Who may import whom (house.md 5.2): the direction is citygate → Provider → {OAuth → Cryptography, Postgres}.
enum ImportRule {
    static let system: Set<String> = ["Foundation", "FoundationEssentials", "Glibc", "Musl", "Synchronization"]
    static let server: Set<String> = [
        "Hummingbird", "HummingbirdCore", "HummingbirdTLS", "HTTPTypes", "Logging", "Metrics", "ServiceLifecycle",
        "UnixSignals", "NIOCore", "NIOPosix", "NIOSSL", "NIOHTTP1", "NIOHTTPTypes", "NIOConcurrencyHelpers",
    ]
    static let drivers: Set<String> = ["CLibPQ", "COpenSSL", "CArgon2", "CGD", "CQREncode", "CZlib"]

    static let allowed: [String: Set<String>] = [
        "Postgres": system.union(["CLibPQ", "Logging", "Metrics", "ServiceLifecycle", "NIOCore", "NIOPosix"]),
        "Cryptography": system.union(["COpenSSL", "CArgon2"]),
        "OAuth": ["Cryptography", "FoundationEssentials"],
        "Provider": system.union(server)
            .union(["OAuth", "Postgres", "Cryptography", "CGD", "CQREncode", "CZlib", "AsyncHTTPClient", "Yams"]),
        "Sandbox": system.union(server).union(["Cryptography", "AsyncHTTPClient"]),
        // The benchmark command measures a bare route and bare signing beside the server.
        "citygate": system.union(server)
            .union(["Provider", "Sandbox", "Cryptography", "ArgumentParser", "AsyncHTTPClient"]),
    ]

    static func breaches(in files: [SourceFile]) -> [Breach] {
        files.flatMap { file -> [Breach] in
            imports(of: file).compactMap { module, line, isPublic in
                guard let allowed = allowed[file.target] else {
                    return Breach(path: file.path, line: line, words: "the target \(file.target) has no import rule")
                }
                if !allowed.contains(module) {
                    return Breach(path: file.path, line: line, words: "\(file.target) must not import \(module)")
                }
                if isPublic, drivers.contains(module) {
                    return Breach(
                        path: file.path,
                        line: line,
                        words: "no C type leaves its driver: \(module) is internal"
                    )
                }
                return nil
            }
        }
    }

    /// The modules a file imports; `import struct A.B` imports A.
    static func imports(of file: SourceFile) -> [(module: String, line: Int, isPublic: Bool)] {
        let kinds: Set<String> = ["struct", "class", "enum", "protocol", "func", "let", "var", "typealias"]
        return file.code.enumerated().compactMap { number, line in
            let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "@") }.map(String.init)
            guard let place = words.firstIndex(of: "import"), line.prefix(while: { $0 == " " }).count == 0,
                words[..<place].allSatisfy({ $0.hasPrefix("@") || ["public", "internal", "package"].contains($0) })
            else { return nil }
            let rest = words[(place + 1)...].drop { kinds.contains($0) }
            return rest.first.map { ($0, number + 1, words[..<place].contains("public")) }
        }
    }
}

@Suite struct `Imports` {
    @Test func `each target imports only what its border allows`() {
        expectNone(ImportRule.breaches(in: House.sources))
    }

    @Test func `every target has a border`() {
        let targets = Set(House.sources.map(\.target))
        #expect(targets.isSubset(of: ImportRule.allowed.keys), "\(targets.subtracting(ImportRule.allowed.keys))")
    }

    @Test func `OAuth reads no clock but one passed in`() {
        let clocks: Set<String> = ["ContinuousClock", "SuspendingClock", "UTCClock", "clock_gettime", "DispatchTime"]
        expectNone(
            House.sources.filter { $0.target == "OAuth" }.flatMap { file in
                file.tokens.filter { clocks.contains($0.text) }
                    .map { Breach(path: file.path, line: $0.line, words: "a clock: \($0.text)") }
                    + file.code.enumerated().filter { $0.element.contains("Date()") || $0.element.contains("Date.now") }
                    .map { Breach(path: file.path, line: $0.offset + 1, words: "a clock: the present time") }
            }
        )
    }

    @Test func `the rule sees each form of import`() {
        let file = SourceFile(
            path: "Sources/OAuth/X.swift",
            text: """
                public import Cryptography
                import struct FoundationEssentials.Date
                @preconcurrency import Hummingbird
                internal import CLibPQ
                // import Postgres
                let text = "import Postgres"
                """
        )
        #expect(ImportRule.breaches(in: [file]).map(\.line) == [3, 4])
    }

    @Test func `the rule sees a C module made public`() {
        let file = SourceFile(path: "Sources/Postgres/X.swift", text: "public import CLibPQ\n")
        #expect(ImportRule.breaches(in: [file]).count == 1)
    }
}
