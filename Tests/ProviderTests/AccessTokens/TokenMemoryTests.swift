import Testing

@testable import Provider

@Suite struct `Token memory` {
    private typealias Memory = TokenMemory<Int>

    @Test func `what was remembered is found by the same token only`() {
        let memory = Memory(capacity: 100)
        memory.remember(.init(of: "one"), .init(value: 1, keyID: "k"))
        #expect(memory.find(.init(of: "one"))?.value == 1)
        #expect(memory.find(.init(of: "one"))?.keyID == "k")
        #expect(memory.find(.init(of: "onE")) == nil)
        memory.forget(.init(of: "one"))
        #expect(memory.find(.init(of: "one")) == nil)
    }

    @Test func `it never holds more than its capacity`() {
        let memory = Memory(capacity: 1000, shards: 4)
        for number in 0..<20_000 { memory.remember(.init(of: "token \(number)"), .init(value: number, keyID: nil)) }
        #expect(memory.count <= 1000)
        #expect(memory.count >= 400)
        #expect(memory.find(.init(of: "token 19999"))?.value == 19_999)
        #expect(memory.find(.init(of: "token 0")) == nil)
    }

    @Test func `what is met again and again stays`() {
        let memory = Memory(capacity: 64, shards: 1)
        memory.remember(.init(of: "often"), .init(value: 7, keyID: nil))
        for number in 0..<5000 {
            memory.remember(.init(of: "token \(number)"), .init(value: number, keyID: nil))
            #expect(memory.find(.init(of: "often"))?.value == 7)
        }
    }

    @Test func `many tasks share it`() async {
        let memory = Memory(capacity: 500)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for number in 0..<2000 {
                        let name = Memory.Name(of: "\(number % 700)")
                        if let found = memory.find(name) {
                            #expect(found.value == number % 700)
                        } else {
                            memory.remember(name, .init(value: number % 700, keyID: nil))
                        }
                        if number % 97 == task { memory.forget(name) }
                    }
                }
            }
        }
        #expect(memory.count <= 500)
    }
}
