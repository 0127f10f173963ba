import Testing

@testable import Provider

@Suite struct `Masks` {
    @Test func `each as the manual shows it (journeys C7)`() {
        #expect(Mask.phone("15012347931") == "150****7931")
        #expect(Mask.documentNumber("222403199001010023") == "2224*****23")
        #expect(Mask.documentNumberEnd("110101199003070013") == "*****0013")
        #expect(Mask.name("张格") == "*格")
        #expect(Mask.username("abcde1") == "*****1")
        #expect(Mask.username("abcde3217931") == "*****3217931")
        #expect(Mask.email("zhang@example.com") == "z***@example.com")
        #expect(Mask.bankCard("6222020200112230") == "*****2230")
    }

    @Test func `names keep the last sign whole and tell only how many stand before`() {
        #expect(Mask.name("欧阳娜娜") == "***娜")
        #expect(Mask.name("王𫘜") == "*𫘜")
        #expect(Mask.name("诸葛\u{E0101}") == "*葛\u{E0101}")
        #expect(Mask.name("王") == "*")
        #expect(Mask.name("") == "")
    }

    @Test(arguments: ["", "1", "1234567", "@", "@x", "a"])
    func `values too short to hide anything show nothing`(value: String) {
        #expect(Mask.phone(value) == "****")
        #expect(Mask.documentNumber(value) == "*****")
        #expect(Mask.documentNumberEnd(value) == "*****")
        #expect(Mask.email(value) == "***")
    }

    @Test func `a user name of five or fewer is all stars`() {
        #expect(Mask.username("abcde") == "*****")
        #expect(Mask.username("") == "*****")
    }
}
