import Glibc
import Synchronization

/// A fixed number of threads with one bounded queue, for work that would block the pool of Swift's tasks.
///
/// Unchecked because the condition and its mutex are libc objects that live as long as this object, and the queue is
/// only touched while that mutex is held.
final class HashingThreads: @unchecked Sendable {
    typealias Work = @Sendable () throws(PasswordHasherError) -> [UInt8]
    typealias Answer = Result<[UInt8], PasswordHasherError>

    private struct Job {
        let work: Work
        let deadline: ContinuousClock.Instant
        let answer: CheckedContinuation<Answer, Never>
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let queueLimit: Int
    private let maximumWait: Duration
    private var waiting: [Job] = []
    private var idle = 0
    private var stopped = false

    /// The processors that are on line.
    static var cores: Int { max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1) }

    init(count: Int, queueLimit: Int, maximumWait: Duration) {
        self.queueLimit = queueLimit
        self.maximumWait = maximumWait
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
        for _ in 0..<count { start() }
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Runs `work` on one of the threads.
    /// - Throws: what the work throws; `busy` when the queue is full, the wait too long, or the threads are stopping.
    func run(_ work: @escaping Work) async throws(PasswordHasherError) -> [UInt8] {
        let deadline = ContinuousClock.now + maximumWait
        let answer = await withCheckedContinuation { (continuation: CheckedContinuation<Answer, Never>) in
            let job = Job(work: work, deadline: deadline, answer: continuation)
            if !enqueue(job) { continuation.resume(returning: .failure(.busy)) }
        }
        return try answer.get()
    }

    /// How many jobs wait for a thread.
    var waitingCount: Int { locked { waiting.count } }

    /// Lets the threads finish what they do and end; whoever waits gets `busy`.
    func stop() {
        let left = locked {
            stopped = true
            defer { waiting = [] }
            return waiting
        }
        pthread_cond_broadcast(condition)
        for job in left { job.answer.resume(returning: .failure(.busy)) }
    }

    private func locked<T>(_ body: () -> T) -> T {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    /// A job that an idle thread takes at once does not count against the limit of those who wait.
    private func enqueue(_ job: Job) -> Bool {
        let accepted = locked {
            guard !stopped, waiting.count < queueLimit + idle else { return false }
            waiting.append(job)
            return true
        }
        if accepted { pthread_cond_signal(condition) }
        return accepted
    }

    private func start() {
        var thread = pthread_t()
        // The thread holds this object until it ends.
        let owner = Unmanaged.passRetained(self)
        let code = pthread_create(
            &thread,
            nil,
            { argument in
                if let argument { Unmanaged<HashingThreads>.fromOpaque(argument).takeRetainedValue().work() }
                return nil
            },
            owner.toOpaque()
        )
        guard code == 0 else {
            owner.release()
            return
        }
        pthread_detach(thread)
    }

    private func work() {
        // On Linux this lowers the calling thread alone: when processors are short, requests go before hashes.
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 5)
        while let job = nextJob() {
            if ContinuousClock.now > job.deadline {
                job.answer.resume(returning: .failure(.busy))
            } else {
                job.answer.resume(returning: Answer { () throws(PasswordHasherError) in try job.work() })
            }
        }
    }

    private func nextJob() -> Job? {
        locked {
            while waiting.isEmpty && !stopped {
                idle += 1
                pthread_cond_wait(condition, mutex)
                idle -= 1
            }
            return stopped ? nil : waiting.removeFirst()
        }
    }
}
