// Schema
// Owns: the ordered list of migrations, and the list that says which room writes which table.
// Hands off: applying them to `Postgres.Migrator`.
// Never: an edit of a migration that has landed; a change is a new file with the next number.

import Postgres

/// The shape of the store, in order. Migrations only ever get appended.
enum Schema {
    static let migrations: [Migration] = [
        Migration(number: 1, name: "foundations", sql: foundations),
        Migration(number: 2, name: "accounts", sql: accounts),
        Migration(number: 3, name: "clients", sql: clients),
        Migration(number: 4, name: "authorization", sql: authorization),
        Migration(number: 5, name: "refresh-tokens", sql: refreshTokens),
        Migration(number: 6, name: "access-tokens", sql: accessTokens),
        Migration(number: 10, name: "sealed client secrets", sql: sealedClientSecrets),
        Migration(number: 11, name: "proof keys", sql: proofKeys),
        Migration(number: 12, name: "failed attempts", sql: failedAttempts),
        Migration(number: 20, name: "device codes", sql: deviceCodes),
        Migration(number: 21, name: "throttle by day", sql: throttleByDay),
        Migration(number: 30, name: "client registration", sql: clientRegistration),
        Migration(number: 40, name: "logout notices", sql: logoutNotices),
        Migration(number: 50, name: "sms", sql: sms),
        Migration(number: 51, name: "journeys", sql: journeys),
        Migration(number: 52, name: "registration", sql: registration),
        Migration(number: 60, name: "qr sessions", sql: qrSessions),
        Migration(number: 61, name: "mini-program", sql: miniProgram),
    ]

    /// Each table is written by exactly one room (HouseTests hold the sources to it).
    static let owners: [String: String] = [
        "account": "Accounts",
        "account_key": "Accounts",
        "sign_in_throttle": "Accounts",
        "audit": "Audit",
        "client": "Clients",
        "client_secret": "Clients",
        "client_registration": "Clients",
        "initial_access_token": "Clients",
        "session": "Sessions",
        "logout_notice": "LogoutNotices",
        "qr_session": "SignIn",
        "mini_program_identity": "MiniProgram",
        "mini_program_session": "MiniProgram",
        "mini_program_token": "MiniProgram",
        "mini_program_answer": "MiniProgram",
        "one_time": "OneTime",
        "pending_authorization": "Flows",
        "authorization_grant": "Grants",
        "refresh_token": "Grants",
        "access_token": "AccessTokens",
        "consent": "Grants",
        "device_authorization": "Device",
        "account_agreement": "Accounts",
        "national_sync": "Accounts",
        "journey": "Flows",
        "sms_message": "Verification",
        "sms_code": "Verification",
        "sms_budget": "Verification",
        "sandbox_clock": "SandboxControl",
        "sandbox_message": "SandboxControl",
        "sandbox_fault": "SandboxControl",
    ]
}
