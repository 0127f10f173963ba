import Glibc
import Synchronization

/// Long computations side by side on threads of their own, for a caller that may block.
enum ParallelThreads {
    /// Maps every element, on as many threads as there are cores, the calling one among them.
    static func map<Element: Sendable, Output: Sendable>(
        _ elements: [Element],
        _ transform: @escaping @Sendable (Element) -> Output
    ) -> [Output] {
        let work = Work(elements, transform)
        var threads: [pthread_t] = []
        for _ in 1..<max(min(HashingThreads.cores, elements.count), 1) {
            var thread = pthread_t()
            let held = Unmanaged<AnyWork>.passRetained(work)
            let code = pthread_create(
                &thread,
                nil,
                { argument in
                    if let argument { Unmanaged<AnyWork>.fromOpaque(argument).takeRetainedValue().run() }
                    return nil
                },
                held.toOpaque()
            )
            if code == 0 { threads.append(thread) } else { held.release() }
        }
        work.run()
        for thread in threads { pthread_join(thread, nil) }
        return work.results
    }

    private class AnyWork {
        func run() {}
    }

    private final class Work<Element: Sendable, Output: Sendable>: AnyWork {
        private let elements: [Element]
        private let transform: @Sendable (Element) -> Output
        private let state: Mutex<(next: Int, outputs: [Int: Output])>

        init(_ elements: [Element], _ transform: @escaping @Sendable (Element) -> Output) {
            self.elements = elements
            self.transform = transform
            state = Mutex((0, [:]))
        }

        override func run() {
            while let position = take() {
                let output = transform(elements[position])
                state.withLock { $0.outputs[position] = output }
            }
        }

        var results: [Output] {
            state.withLock { state in elements.indices.compactMap { state.outputs[$0] } }
        }

        private func take() -> Int? {
            state.withLock { state in
                guard state.next < elements.count else { return nil }
                state.next += 1
                return state.next - 1
            }
        }
    }
}
