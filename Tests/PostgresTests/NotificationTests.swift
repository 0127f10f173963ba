import Testing

@testable import Postgres

/// Takes the next element; the test fails when the stream has ended.
private func next(_ iterator: inout AsyncStream<PostgresNotification>.Iterator) async throws -> PostgresNotification {
    try #require(await iterator.next())
}

@Suite(.timeLimit(.minutes(1))) struct Notifications {
    @Test func `are heard in order, by every stream of the channel, over one connection`() async throws {
        try await withDatabase { database in
            let (channel, other) = (unique("We \"quote\" 频道"), unique("other"))
            var first = database.notifications(on: [channel]).makeAsyncIterator()
            var second = database.notifications(on: [other, channel]).makeAsyncIterator()
            #expect(try await next(&first) == .listening)
            #expect(try await next(&second) == .listening)
            for number in 0..<5 { _ = try await database.write("SELECT pg_notify(\(channel), \("\(number)'"))") }
            _ = try await database.write("SELECT pg_notify(\(other), '')")
            for number in 0..<5 {
                #expect(try await next(&first) == .message(channel: channel, payload: "\(number)'"))
                #expect(try await next(&second) == .message(channel: channel, payload: "\(number)'"))
            }
            #expect(try await next(&second) == .message(channel: other, payload: ""))
            let listeners: SQL =
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'citygate listen' AND query LIKE '%' || \(other) || '%'"
            #expect(try await database.value(listeners, as: Int.self) <= 1)
            #expect(database.metrics.isListening)
        }
    }

    @Test func `a lost connection is a gap that is told, and what comes after is heard`() async throws {
        let server = try await TestServer.equipped.value
        let proxy = try Proxy(to: server.port)
        proxy.start()
        defer { proxy.stop() }
        let place = "host=127.0.0.1 port=\(proxy.port) user=postgres dbname=postgres sslmode=disable"
        let database = patient(place)
        let channel = unique("gap")
        var stream = database.notifications(on: [channel]).makeAsyncIterator()
        #expect(try await next(&stream) == .listening)
        for round in 0..<3 {
            proxy.reset()
            #expect(try await next(&stream) == .reconnected)
            _ = await eventually(within: .seconds(5)) {
                (try? await database.execute("SELECT pg_notify(\(channel), \("\(round)"))")) != nil
            }
            #expect(try await next(&stream) == .message(channel: channel, payload: "\(round)"))
        }
        await database.shutDown()
        #expect(await stream.next() == nil)
    }

    @Test func `the connection goes when the last stream ends, and comes back for the next`() async throws {
        try await withDatabase { (database) async throws in
            let channel = unique("end")
            let task = Task {
                for await notification in database.notifications(on: [channel]) where notification != .listening {
                    break
                }
            }
            #expect(await eventually(within: .seconds(5)) { database.metrics.isListening })
            task.cancel()
            await task.value
            #expect(await eventually(within: .seconds(5)) { !database.metrics.isListening })
            var stream = database.notifications(on: [channel]).makeAsyncIterator()
            #expect(try await next(&stream) == .listening)
        }
    }

    @Test func `a reader too slow for the pace is told that there was a gap`() async throws {
        try await withDatabase { database in
            let channel = unique("slow")
            var stream = database.notifications(on: [channel]).makeAsyncIterator()
            #expect(try await next(&stream) == .listening)
            _ = try await database.write("SELECT pg_notify(\(channel), n::text) FROM generate_series(1, 3000) n")
            try await Task.sleep(for: .milliseconds(200))
            var heard = 0
            while heard < 1024 {
                #expect(try await next(&stream) == .message(channel: channel, payload: "\(heard + 1)"))
                heard += 1
            }
            _ = try await database.write("SELECT pg_notify(\(channel), 'last')")
            #expect(try await next(&stream) == .reconnected)
            #expect(try await next(&stream) == .message(channel: channel, payload: "last"))
        }
    }

    @Test(arguments: [[], [""], [String(repeating: "x", count: 64)], ["a\0b"]])
    func `channels that cannot be end the stream at once`(channels: [String]) async throws {
        try await withDatabase { database in
            for await _ in database.notifications(on: channels) { Issue.record("nothing can come") }
        }
    }
}
