import OAuth

/// What scopes and claims are called before citizens, on the consent page and in the profile centre.
enum ClaimTitles {
    /// The kind of data a scope stands for.
    static func ofScope(_ scope: String) -> String {
        switch scope {
        case Scope.openID: "您在本应用的用户标识"
        case "profile": "基本资料"
        case "phone": "手机号码"
        case "email": "电子邮箱"
        case "address": "联系地址"
        case Scope.realName: "实名身份信息"
        case Scope.offlineAccess: "在您离开后继续使用以上信息"
        default: "业务权限：\(scope)"
        }
    }

    /// The name of a claim; nil for one without a name here.
    static func ofClaim(_ claim: String) -> String? {
        switch claim {
        case "real_name": "真实姓名"
        case "id_type": "证件类型"
        case "id_number": "证件号码（完整）"
        case "id_valid_from": "证件生效日期"
        case "id_valid_to": "证件失效日期"
        case "nationality": "国籍"
        case "ethnicity": "民族"
        case "name", "given_name", "family_name", "middle_name": "姓名"
        case "nickname": "昵称"
        case "preferred_username": "用户名"
        case "gender": "性别"
        case "birthdate": "出生日期"
        case "email", "email_verified": "电子邮箱"
        case "phone_number", "phone_number_verified": "手机号码"
        case "address": "联系地址"
        default: nil
        }
    }
}

extension AssuranceLevel {
    /// The level in the words of the manual.
    var title: String {
        switch self {
        case .l1: "未实名认证"
        case .l2: "初级认证"
        case .l3: "中级认证"
        case .l4: "高级认证"
        }
    }
}
