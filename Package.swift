// swift-tools-version:6.2
import PackageDescription

/// One set of compiler switches for every target (house rule: Swift 6 mode, strict concurrency, no C type leaves its driver).
let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")

let package = Package(
    name: "citygate",
    products: [
        .executable(name: "citygate", targets: ["citygate"])
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        // C libraries of the system, by module map only.
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CArgon2", pkgConfig: "libargon2", providers: [.apt(["libargon2-dev"])]),
        // No pkgConfig: gdlib's carries a flag that SwiftPM refuses.
        .systemLibrary(name: "CGD", providers: [.apt(["libgd-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CQREncode", pkgConfig: "libqrencode", providers: [.apt(["libqrencode-dev"])]),

        .target(name: "Postgres", dependencies: ["CLibPQ", logging, lifecycle], swiftSettings: house),
        .target(name: "Cryptography", dependencies: ["COpenSSL", "CArgon2"], swiftSettings: house),
        .target(name: "OAuth", dependencies: ["Cryptography"], swiftSettings: house),
        .target(
            name: "Provider",
            dependencies: [
                "OAuth", "Postgres", "Cryptography", "CGD", "CQREncode", "CZlib", hummingbird, httpClient, logging,
                lifecycle,
                nioCore,
                nioHTTP1, nioPosix, nioSSL, httpTypes,
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: house
        ),
        .target(
            name: "Sandbox",
            dependencies: ["Cryptography", hummingbird, httpClient, logging, lifecycle, nioCore, nioHTTP1, httpTypes],
            swiftSettings: house
        ),
        .executableTarget(
            name: "citygate",
            dependencies: [
                "Provider", "Sandbox", "Cryptography", hummingbird, httpClient, logging, lifecycle, nioCore, httpTypes,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: house
        ),

        .testTarget(name: "PostgresTests", dependencies: ["Postgres", logging], swiftSettings: house),
        .testTarget(
            name: "CryptographyTests",
            dependencies: ["Cryptography", .product(name: "JWTKit", package: "jwt-kit")],
            swiftSettings: house
        ),
        .testTarget(name: "OAuthTests", dependencies: ["OAuth", "Cryptography"], swiftSettings: house),
        .testTarget(
            name: "ProviderTests",
            dependencies: [
                "Provider", "Sandbox", "OAuth", "Postgres", "Cryptography", hummingbird, httpTypes, logging, nioCore,
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "JWTKit", package: "jwt-kit"),
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "SandboxTests",
            dependencies: [
                "Sandbox", "Cryptography", hummingbird, httpClient, httpTypes, logging, nioCore,
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ],
            swiftSettings: house
        ),
        .testTarget(name: "HouseTests", swiftSettings: house),
    ],
    swiftLanguageModes: [.v6]
)
