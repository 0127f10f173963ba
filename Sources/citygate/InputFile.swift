import FoundationEssentials
import Glibc
import Provider

/// Files an operator names on the command line.
enum InputFile {
    private static let largest = 64 << 20

    /// The whole file; `-` is standard input.
    static func bytes(_ path: String) throws -> [UInt8] {
        let bytes: [UInt8]
        if path == "-" {
            bytes = standardInput()
        } else {
            guard let data = try? Data(contentsOf: URL(filePath: path)) else {
                throw Diagnosis(.usage, "\(path) cannot be read.")
            }
            bytes = [UInt8](data)
        }
        guard bytes.count <= largest else { throw Diagnosis(.usage, "\(path) is larger than 64 MiB.") }
        return bytes
    }

    /// The first line of a file, without its end: for a password.
    static func firstLine(_ path: String) throws -> String {
        let line = try bytes(path).prefix { $0 != 0x0A && $0 != 0x0D }
        guard let text = String(validating: line, as: UTF8.self), !text.isEmpty else {
            throw Diagnosis(.usage, "\(path) has nothing in its first line.")
        }
        return text
    }

    private static func standardInput() -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= largest {
            let count = read(STDIN_FILENO, &chunk, chunk.count)
            if count > 0 { bytes += chunk[..<count] } else if count == 0 || errno != EINTR { break }
        }
        return bytes
    }
}
