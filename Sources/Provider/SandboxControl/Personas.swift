import Cryptography
import OAuth

/// The invented citizens of the sandbox (operations.md 1.3). Numbers are synthetic, with valid check digits; phones come
/// from the range reserved for tests.
struct Persona: Sendable {
    let id: String
    let title: String
    let username: String
    let phone: String
    var idType: String?
    var idNumber: String?
    var name: String?
    var level: AssuranceLevel = .l1
    var state: Account.State = .active
    var profile: [(String, JSON)] = []
    let note: String

    /// One password for all of them, as the manual's rules allow it.
    static let password = "Citygate-2026"

    static let all: [Persona] = [
        Persona(
            id: "zhangsan",
            title: "张三",
            username: "zhangsan",
            phone: "13800000001",
            idType: "id_card",
            idNumber: "110101190001010014",
            name: "张三",
            level: .l3,
            profile: [
                ("name", "张三"), ("given_name", "三"), ("family_name", "张"), ("gender", "male"),
                ("birthdate", "1900-01-01"), ("zoneinfo", "Asia/Shanghai"), ("locale", "zh-CN"),
                ("address", ["formatted": "京城市东城区长安街1号", "country": "CN", "region": "京城市"]),
            ],
            note: "中级认证，资料齐全"
        ),
        Persona(
            id: "lisi",
            title: "李四",
            username: "lisi_2026",
            phone: "13800000002",
            idType: "id_card",
            idNumber: "110101190003070029",
            name: "李四",
            level: .l2,
            profile: [("name", "李四"), ("gender", "female")],
            note: "初级认证"
        ),
        Persona(id: "wangwu", title: "王五", username: "wangwu", phone: "13800000003", note: "未认证，只有手机号"),
        Persona(
            id: "ouyang",
            title: "欧阳娜娜",
            username: "ouyang_nana",
            phone: "13800000004",
            idType: "id_card",
            idNumber: "11010819001231099X",
            name: "欧阳娜娜",
            level: .l2,
            profile: [("name", "欧阳娜娜")],
            note: "复姓"
        ),
        Persona(
            id: "wanghua",
            title: "王𫘜",
            username: "wang_hua",
            phone: "13800000005",
            name: "王𫘜",
            note: "生僻字，核验源答复不一致"
        ),
        Persona(
            id: "maimaiti",
            title: "买买提·吐尔逊",
            username: "maimaiti",
            phone: "13800000006",
            idType: "id_card",
            idNumber: "35010119900101001X",
            name: "买买提·吐尔逊",
            level: .l2,
            profile: [("name", "买买提·吐尔逊")],
            note: "姓名含间隔号"
        ),
        Persona(
            id: "hongkong",
            title: "港居民",
            username: "hk_resident",
            phone: "13800000007",
            idType: "hk_permit",
            idNumber: "H00000001",
            name: "陈港生",
            level: .l2,
            profile: [("name", "陈港生")],
            note: "香港居民来往内地通行证"
        ),
        Persona(
            id: "macau",
            title: "澳居民",
            username: "mo_resident",
            phone: "13800000008",
            idType: "mo_permit",
            idNumber: "M00000002",
            name: "何澳生",
            level: .l2,
            profile: [("name", "何澳生")],
            note: "澳门居民来往内地通行证"
        ),
        Persona(
            id: "taiwan",
            title: "台居民",
            username: "tw_resident",
            phone: "13800000009",
            idType: "tw_permit",
            idNumber: "00000001",
            name: "林台生",
            level: .l2,
            profile: [("name", "林台生")],
            note: "台湾居民来往大陆通行证"
        ),
        Persona(
            id: "foreigner",
            title: "外国人永居",
            username: "foreign_pr",
            phone: "13800000010",
            idType: "foreign_pr",
            idNumber: "911840199001010018",
            name: "SMITH JOHN",
            level: .l2,
            profile: [("name", "SMITH JOHN")],
            note: "外国人永久居留身份证"
        ),
        Persona(
            id: "locked",
            title: "锁定账号",
            username: "locked_user",
            phone: "13800000011",
            state: .locked,
            note: "账号已被锁定，不能登录"
        ),
        Persona(
            id: "contested",
            title: "身份已被他人绑定",
            username: "contested",
            phone: "13800000012",
            name: "李四",
            note: "其身份证号已绑定李四的账号"
        ),
        Persona(
            id: "oldphone",
            title: "手机号已停用",
            username: "old_phone",
            phone: "13800000013",
            idType: "id_card",
            idNumber: "350101200802290010",
            name: "赵旧号",
            level: .l2,
            profile: [("name", "赵旧号")],
            note: "手机收不到短信"
        ),
        Persona(
            id: "smslimit",
            title: "短信到达上限",
            username: "sms_limit",
            phone: "13800000014",
            note: "该手机号的短信次数已用完"
        ),
    ]

    /// As an account to create; `record` is the hash of ``password``, made once for all.
    func account(record: String) -> NewAccount {
        var document: JSON?
        if let idType, let idNumber {
            document = [
                "type": .string(idType), "number": .string(idNumber), "name": .string(name ?? title),
            ]
        }
        var claims = JSONObject()
        for (name, value) in profile { claims[name] = value }
        return NewAccount(
            username: username,
            phone: phone,
            email: id == "zhangsan" ? "zhangsan@example.com" : nil,
            passwordRecord: record,
            level: level,
            state: state,
            document: document,
            profile: .object(claims)
        )
    }

    /// As `GET /sandbox/personas` shows it (operations.md 1.5).
    var json: JSON {
        [
            "id": .string(id), "title": .string(title), "username": .string(username), "phone": .string(phone),
            "password": .string(Self.password), "id_type": idType.map { .string($0) } ?? .null,
            "id_number": idNumber.map { .string($0) } ?? .null, "name": name.map { .string($0) } ?? .null,
            "level": .string("L\(level.rawValue)"), "note": .string(note),
        ]
    }
}
