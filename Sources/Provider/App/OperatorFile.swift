import Glibc

/// Files an operator names in the configuration: read whole, bounded, with the reason in words when that fails.
enum OperatorFile {
    /// The UTF-8 text of a file of at most `longest` bytes. A secret must not be readable by every user of the machine.
    static func text(at path: String, longest: Int, isSecret: Bool = false) throws(SettingComplaint) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SettingComplaint("cannot be read: \(words(for: errno))") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SettingComplaint("cannot be read: \(words(for: errno))") }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw SettingComplaint("is a folder, not a file") }
        guard !isSecret || status.st_mode & S_IROTH == 0 else {
            throw SettingComplaint("holds a secret and is readable by every user; its mode should be 0400 or 0600")
        }
        let bytes = try read(descriptor, longest: longest)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw SettingComplaint("is not UTF-8") }
        return text
    }

    private static func read(_ descriptor: Int32, longest: Int) throws(SettingComplaint) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return bytes }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SettingComplaint("cannot be read: \(words(for: errno))") }
            bytes += chunk[..<count]
            guard bytes.count <= longest else { throw SettingComplaint("is larger than \(SizeText.print(longest))") }
        }
    }

    private static func words(for code: Int32) -> String {
        switch code {
        case ENOENT: "there is no such file"
        case EACCES: "permission denied"
        default: String(cString: strerror(code))
        }
    }
}
