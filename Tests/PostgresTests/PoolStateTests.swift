import Testing

@testable import Postgres

private typealias Pool = PoolState<String>

private func limits(size: Int = 2, sharing: Int = 1, minimum: Int = 0, queue: Int = 2) -> Pool.Limits {
    .init(
        size: size,
        sharing: sharing,
        minimum: minimum,
        queue: queue,
        idle: 1000,
        firstPause: 100,
        longestPause: 800
    )
}

@Suite struct `Pool decisions` {
    @Test func `the first ticket opens a connection, waits for it and gets it`() {
        var pool = Pool(limits())
        #expect(pool.requested("a", now: 0, deadline: 50) == [.open(1)])
        #expect(pool.counts == .init(open: 0, opening: 1, leases: 0, waiting: 1))
        #expect(pool.opened(1, now: 5) == [.grant("a", 1)])
        #expect(pool.counts == .init(open: 1, opening: 0, leases: 1, waiting: 0))
    }

    @Test func `a resting connection is granted at once and no other is opened`() {
        var pool = Pool(limits())
        _ = pool.requested("a", now: 0, deadline: 50)
        _ = pool.opened(1, now: 1)
        #expect(pool.returned(1, now: 2) == [])
        #expect(pool.requested("b", now: 3, deadline: 50) == [.grant("b", 1)])
    }

    @Test func `an exclusive lane grows to its size, then queues in order`() {
        var pool = Pool(limits())
        #expect(pool.requested("a", now: 0, deadline: 50) == [.open(1)])
        #expect(pool.requested("b", now: 0, deadline: 50) == [.open(2)])
        #expect(pool.opened(1, now: 1) == [.grant("a", 1)])
        #expect(pool.opened(2, now: 1) == [.grant("b", 2)])
        #expect(pool.requested("c", now: 2, deadline: 50) == [])
        #expect(pool.requested("d", now: 2, deadline: 50) == [])
        #expect(pool.returned(2, now: 3) == [.grant("c", 2)])
        #expect(pool.returned(2, now: 4) == [.grant("d", 2)])
    }

    @Test func `one ticket more than the queue holds is refused`() {
        var pool = Pool(limits(size: 1, queue: 1))
        #expect(pool.requested("a", now: 0, deadline: 50) == [.open(1)])
        #expect(pool.requested("b", now: 0, deadline: 50) == [.refuse("b", .queueFull)])
    }

    @Test func `whoever waits too long is refused, and the reason says whether any server was there`() {
        var pool = Pool(limits(size: 1))
        _ = pool.requested("a", now: 0, deadline: 50)
        #expect(pool.nextTimer == 0 || pool.nextTimer == 50)
        #expect(pool.timer(now: 50) == [.refuse("a", .unavailable)])
        #expect(pool.opened(1, now: 60) == [])
        #expect(pool.requested("b", now: 60, deadline: 100) == [.grant("b", 1)])
        #expect(pool.requested("c", now: 60, deadline: 90) == [])
        #expect(pool.nextTimer == 90)
        #expect(pool.timer(now: 89) == [])
        #expect(pool.timer(now: 90) == [.refuse("c", .deadline)])
        #expect(pool.returned(1, now: 95) == [])
    }

    @Test func `whoever withdraws is passed over`() {
        var pool = Pool(limits(size: 1))
        _ = pool.requested("a", now: 0, deadline: 50)
        _ = pool.requested("b", now: 0, deadline: 50)
        pool.withdrawn("a")
        #expect(pool.opened(1, now: 1) == [.grant("b", 1)])
    }

    @Test func `a newcomer does not overtake those who wait`() {
        var pool = Pool(limits(size: 2))
        _ = pool.requested("a", now: 0, deadline: 50)
        #expect(pool.opened(1, now: 1) == [.grant("a", 1)])
        #expect(pool.requested("b", now: 2, deadline: 50) == [.open(2)])
        #expect(pool.requested("c", now: 2, deadline: 50) == [])
        #expect(pool.returned(1, now: 3) == [.grant("b", 1)])
        #expect(pool.opened(2, now: 4) == [.grant("c", 2)])
    }

    @Test func `failed openings pause twice as long each time, up to the longest, with jitter in the upper half`() {
        var pool = Pool(limits(size: 4, minimum: 1))
        #expect(pool.started(now: 0) == [.open(1)])
        var now: UInt64 = 0
        var id = 1
        for pause in [100, 200, 400, 800, 800] as [UInt64] {
            #expect(pool.openFailed(id, now: now, jitter: 1) == [])
            #expect(pool.nextTimer == now + pause)
            #expect(pool.timer(now: now + pause - 1) == [])
            now += pause
            id += 1
            #expect(pool.timer(now: now) == [.open(id)])
        }
        #expect(pool.openFailed(id, now: now, jitter: 0) == [])
        #expect(pool.nextTimer == now + 400)
    }

    @Test func `while openings fail, one at a time tries, however many wait`() {
        var pool = Pool(limits(size: 4, queue: 9))
        #expect(pool.requested("a", now: 0, deadline: 5000) == [.open(1)])
        #expect(pool.requested("b", now: 0, deadline: 5000) == [.open(2)])
        #expect(pool.openFailed(1, now: 1, jitter: 1) == [])
        #expect(pool.openFailed(2, now: 1, jitter: 1) == [])
        #expect(pool.requested("c", now: 2, deadline: 5000) == [])
        #expect(pool.timer(now: 300) == [.open(3)])
        #expect(pool.opened(3, now: 301) == [.grant("a", 3), .open(4), .open(5)])
    }

    @Test func `a lost connection takes its leases with it and is replaced when needed`() {
        var pool = Pool(limits(size: 1))
        _ = pool.requested("a", now: 0, deadline: 50)
        _ = pool.opened(1, now: 1)
        _ = pool.returned(1, now: 1)
        #expect(pool.requested("b", now: 2, deadline: 50) == [.grant("b", 1)])
        #expect(pool.requested("c", now: 2, deadline: 50) == [])
        #expect(pool.lost(1, now: 3, jitter: 1) == [.open(2)])
        #expect(pool.returned(1, now: 4) == [])
        #expect(pool.opened(2, now: 5) == [.grant("c", 2)])
    }

    @Test func `the minimum is reopened without anybody asking`() {
        var pool = Pool(limits(minimum: 1))
        #expect(pool.started(now: 0) == [.open(1)])
        #expect(pool.opened(1, now: 1) == [])
        #expect(pool.requested("a", now: 1, deadline: 50) == [.grant("a", 1)])
        #expect(pool.returned(1, now: 2) == [])
        #expect(pool.lost(1, now: 3, jitter: 1) == [.open(2)])
    }

    @Test func `a server that lets in and throws out again is not stormed`() {
        var pool = Pool(limits(minimum: 1))
        #expect(pool.started(now: 0) == [.open(1)])
        var now: UInt64 = 0
        for (id, pause) in [(1, 100), (2, 200), (3, 400), (4, 800), (5, 800)] as [(Int, UInt64)] {
            #expect(pool.opened(id, now: now) == [])
            #expect(pool.lost(id, now: now, jitter: 1) == [])
            now += pause
            #expect(pool.nextTimer == now)
            #expect(pool.timer(now: now) == [.open(id + 1)])
        }
        #expect(pool.opened(6, now: now) == [])
        #expect(pool.requested("a", now: now, deadline: now + 50) == [.grant("a", 6)])
        #expect(pool.returned(6, now: now) == [])
        // It has served: the next loss is an accident, and the pauses begin anew.
        #expect(pool.lost(6, now: now, jitter: 1) == [.open(7)])
    }

    @Test func `a shared lane puts many on one connection, grows when it must share, and balances`() {
        var pool = Pool(limits(size: 2, sharing: 2))
        #expect(pool.requested("a", now: 0, deadline: 50) == [.open(1)])
        #expect(pool.opened(1, now: 1) == [.grant("a", 1)])
        #expect(pool.requested("b", now: 2, deadline: 50) == [.grant("b", 1), .open(2)])
        #expect(pool.opened(2, now: 3) == [])
        #expect(pool.requested("c", now: 4, deadline: 50) == [.grant("c", 2)])
        #expect(pool.requested("d", now: 4, deadline: 50) == [.grant("d", 2)])
        #expect(pool.requested("e", now: 4, deadline: 50) == [])
        #expect(pool.returned(1, now: 5) == [.grant("e", 1)])
    }

    @Test func `a connection above the minimum is closed after resting, the youngest first`() {
        var pool = Pool(limits(minimum: 1))
        _ = pool.requested("a", now: 0, deadline: 50)
        _ = pool.requested("b", now: 0, deadline: 50)
        _ = pool.opened(1, now: 1)
        _ = pool.opened(2, now: 1)
        _ = pool.returned(1, now: 10)
        _ = pool.returned(2, now: 20)
        #expect(pool.nextTimer == 1010)
        #expect(pool.timer(now: 1020) == [.close(2)])
        #expect(pool.nextTimer == nil)
        #expect(pool.counts == .init(open: 1, opening: 0, leases: 0, waiting: 0))
    }

    @Test func `shutting down refuses, lets leases finish, closes, and says when it is done`() {
        var pool = Pool(limits(size: 2))
        _ = pool.requested("a", now: 0, deadline: 50)
        _ = pool.requested("b", now: 0, deadline: 50)
        _ = pool.opened(1, now: 1)
        _ = pool.opened(2, now: 1)
        _ = pool.requested("c", now: 2, deadline: 50)
        _ = pool.returned(1, now: 3)
        _ = pool.returned(1, now: 3)
        #expect(pool.shutDown() == [.close(1)])
        #expect(pool.requested("d", now: 4, deadline: 50) == [.refuse("d", .shutDown)])
        #expect(pool.returned(2, now: 5) == [.close(2), .drained])
        #expect(pool.shutDown() == [])
        #expect(pool.nextTimer == nil)
    }

    @Test func `shutting down while a connection opens closes it when it comes`() {
        var pool = Pool(limits())
        _ = pool.requested("a", now: 0, deadline: 50)
        #expect(pool.shutDown() == [.refuse("a", .shutDown)])
        #expect(pool.opened(1, now: 1) == [.close(1), .drained])
    }

    @Test func `whatever happens, nobody is answered twice and no connection is shared too far`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 { walk(&random) }
    }

    /// A random dialogue, checked against what a caller could count himself.
    private func walk(_ random: inout SystemRandomNumberGenerator) {
        let sharing = Int.random(in: 1...3, using: &random)
        var pool = Pool(limits(size: 3, sharing: sharing, minimum: 1, queue: 4))
        var opening: Set<Int> = []
        var leases: [Int: Int] = [:]
        var pending: Set<String> = []
        var now: UInt64 = 0
        func obey(_ actions: [Pool.Action]) {
            for action in actions {
                switch action {
                case .open(let id): opening.insert(id)
                case .close(let id): leases[id] = nil
                case .grant(let ticket, let id):
                    #expect(pending.remove(ticket) != nil)
                    leases[id, default: 0] += 1
                    #expect(leases[id, default: 0] <= sharing)
                case .refuse(let ticket, _): #expect(pending.remove(ticket) != nil)
                case .drained: Issue.record("not shut down")
                }
            }
            #expect(leases.count + opening.count <= 3)
        }
        obey(pool.started(now: now))
        for step in 0..<120 {
            now += UInt64.random(in: 0...60, using: &random)
            let busy = leases.filter { $0.value > 0 }.keys.sorted()
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1:
                pending.insert("\(step)")
                obey(pool.requested("\(step)", now: now, deadline: now + 200))
            case 2:
                guard let id = opening.sorted().first else { continue }
                opening.remove(id)
                leases[id] = 0
                obey(pool.opened(id, now: now))
            case 3:
                guard let id = opening.sorted().last else { continue }
                opening.remove(id)
                obey(pool.openFailed(id, now: now, jitter: 0.5))
            case 4:
                guard let id = busy.first else { continue }
                leases[id, default: 1] -= 1
                obey(pool.returned(id, now: now))
            default:
                if let id = leases.keys.sorted().last, Bool.random(using: &random) {
                    leases[id] = nil
                    obey(pool.lost(id, now: now, jitter: 0.5))
                }
                obey(pool.timer(now: now))
            }
            #expect(pool.counts.waiting == pending.count)
        }
        obey(pool.timer(now: now + 10_000))
        #expect(pending.isEmpty)
    }
}
