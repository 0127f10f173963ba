// The settings of the server. Owns: each setting's name, unit, default and bounds, where it comes from, and the checks across settings.
// Hands off: plain values to the rooms. Never: reads a setting after the start, prints a secret.
//
// One declaration a setting, in the `init` of its section: the key, the rule with its bounds, the default. The file's form, the
// environment variable, the check for unknown keys and `print-config` all follow from it.

/// Everything an operator decides, read once at the start from a YAML file and the environment.
///
/// A setting `section.key` of the file is the variable `CITYGATE_SECTION_KEY` of the environment, which goes before the file; `database.url` is
/// `DATABASE_URL`. A secret may stand in a file named by `key_file`. Relative paths are relative to the working directory.
public struct Configuration: Sendable {
    /// What the process is for.
    public enum Mode: String, Sendable, CaseIterable {
        /// `citygate serve`: real citizens; refuses every sandbox setting.
        case production
        /// `citygate sandbox`: invented citizens, short lifetimes, help for tests.
        case sandbox
    }

    /// What the process is for.
    public let mode: Mode
    /// The issuer identifier (RFC 8414 §2): `https`, no query, no fragment, no trailing slash. In the sandbox `http` on loopback is allowed.
    public internal(set) var issuer: String
    /// The folder for what the server itself keeps, such as the private PostgreSQL. Default `.citygate`.
    var stateFolder: String
    var listen: Listen
    var tls: TLS?
    var proxies: Proxies
    var http: HTTP
    var database: DatabaseSettings
    var privatePostgres: PrivatePostgresSettings
    var keys: Keys
    var signing: Signing
    var lifetimes: Lifetimes
    var passwords: Passwords
    var throttle: Throttle
    var captcha: CaptchaSettings
    var device: DeviceSettings
    var consent: ConsentSettings
    var sms: SMS
    var registration: RegistrationSettings
    var qr: QRSettings
    var miniProgram: MiniProgramSettings
    var brand: Brand
    var logging: LoggingSettings
    var housekeeping: HousekeepingSettings
    var sandbox: SandboxSettings
    var clients: ClientSettings

    /// Each setting with the value in force and its source, secrets as `‹secret›`, in the order of the sections.
    public private(set) var effective: [EffectiveSetting] = []

    /// Reads and checks the whole configuration.
    ///
    /// - Parameters:
    ///   - file: The path of the YAML file; nil reads the environment alone.
    ///   - environment: The variables of the process.
    ///   - options: Settings of the command line.
    ///   - mode: Decides bounds, defaults and which settings are refused.
    /// - Returns: A configuration that has passed every check.
    /// - Throws: ``ConfigurationFaults`` with all that is wrong, each with its place.
    public static func load(
        file: String?,
        environment: [String: String],
        options: [SettingOption] = [],
        mode: Mode
    ) throws(ConfigurationFaults) -> Configuration {
        try load(file.map { SettingsFile(path: $0) }, environment: environment, options: options, mode: mode)
    }

    /// As ``load(file:environment:options:mode:)``, with the file already in hand.
    static func load(
        _ file: SettingsFile?,
        environment: [String: String],
        options: [SettingOption] = [],
        mode: Mode
    ) throws(ConfigurationFaults) -> Configuration {
        var reader = SettingsReader(file: file, environment: environment, options: options, mode: mode)
        var configuration = Configuration(&reader)
        reader.refuseUnknown()
        configuration.check(&reader)
        guard reader.faults.isEmpty else { throw ConfigurationFaults(faults: reader.faults) }
        configuration.effective = reader.effective
        return configuration
    }

    private init(_ reader: inout SettingsReader) {
        mode = reader.mode
        stateFolder = reader.read("state_folder", .path, default: ".citygate")
        tls = TLS(&reader)
        listen = Listen(&reader, isSecure: tls != nil)
        issuer = reader.read("issuer", .webAddress, default: "http://localhost:\(listen.port)")
        proxies = Proxies(&reader)
        http = HTTP(&reader)
        database = DatabaseSettings(&reader)
        privatePostgres = PrivatePostgresSettings(&reader)
        keys = Keys(&reader)
        signing = Signing(&reader)
        lifetimes = Lifetimes(&reader)
        passwords = Passwords(&reader)
        throttle = Throttle(&reader)
        captcha = CaptchaSettings(&reader)
        consent = ConsentSettings(&reader)
        sms = SMS(&reader)
        registration = RegistrationSettings(&reader)
        qr = QRSettings(&reader)
        miniProgram = MiniProgramSettings(&reader)
        brand = Brand(&reader)
        logging = LoggingSettings(&reader)
        housekeeping = HousekeepingSettings(&reader)
        sandbox = SandboxSettings(&reader)
        device = DeviceSettings(&reader)
        clients = ClientSettings(&reader)
    }
}
