import Synchronization

/// The pictures this process has shown lately, for the sandbox's simulator, which has no camera. In production there is none: what a
/// picture says is kept nowhere.
final class RecentPictures: Sendable {
    private let texts = Mutex<[String]>([])

    /// The newest first.
    var all: [String] { texts.withLock { $0.reversed() } }

    func add(_ text: String) {
        texts.withLock { texts in
            texts.append(text)
            if texts.count > 20 { texts.removeFirst(texts.count - 20) }
        }
    }
}
