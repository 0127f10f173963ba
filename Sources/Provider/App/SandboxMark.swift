import Glibc

extension Configuration {
    /// Whether a sandbox runs, or ran last, on this state folder.
    public var hasSandboxMark: Bool { access(sandboxMark, F_OK) == 0 }

    /// Leaves the mark by which commands know that this is a sandbox; a production server takes it away.
    func markMode() {
        mkdir(stateFolder, 0o755)
        guard mode == .sandbox else {
            unlink(sandboxMark)
            return
        }
        // An empty file; when it cannot be made, commands need the flag --sandbox, and nothing else is lost.
        let file = open(sandboxMark, O_CREAT | O_WRONLY | O_CLOEXEC, 0o644)
        if file >= 0 { close(file) }
    }

    private var sandboxMark: String { "\(stateFolder)/sandbox" }
}
