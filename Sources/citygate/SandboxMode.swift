import ArgumentParser
import FoundationEssentials
import Provider
import Sandbox

/// `citygate sandbox`
struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Serve invented citizens, for trying out and for tests of relying parties.",
        discussion: """
            Needs no setting at all: keys are made in Keys, and a PostgreSQL of its own keeps its data in .citygate; delete both to start afresh. \
            /sandbox/personas lists people to log in as, /sandbox/clients relying parties.
            """
    )

    @OptionGroup var file: ConfigurationOptions
    @OptionGroup var listen: ListenOptions

    @Flag(name: .long, help: "Allow an address beyond loopback: whoever reaches it can become any persona.")
    var yesPublicSandbox = false

    func run() async throws {
        var options = listen.settings
        if yesPublicSandbox {
            options.append(SettingOption("sandbox.public", name: "--yes-public-sandbox", value: "true"))
        }
        let configuration = try file.load(.sandbox, options)
        let notify = SystemdNotify(environment: ProcessInfo.processInfo.environment)
        try await CitygateServer(configuration, guests: demo(configuration)) { port in
            notify.ready()
            Terminal.say("citygate sandbox is ready at \(configuration.issuer) (port \(port))")
            if let address = configuration.demoAddress { Terminal.say("a demo website is at \(address)") }
        }.run()
    }

    /// 演示网站, which logs people in through this very sandbox.
    private func demo(_ configuration: Configuration) -> [SandboxGuest] {
        guard let port = configuration.demoPort, let address = configuration.demoAddress else { return [] }
        let issuer = configuration.issuer
        let guest = SandboxGuest(
            clientID: DemoRelyingParty.clientID,
            note: "演示网站 \(address)",
            metadata: DemoRelyingParty.registration(baseURL: address)
        ) { welcome in
            let settings = DemoRelyingParty.Configuration(
                issuer: issuer,
                port: port,
                clientSecret: welcome.secret,
                logger: welcome.logger,
                baseURL: address,
                now: welcome.now
            )
            try await DemoRelyingParty(configuration: settings).run()
        }
        return [guest]
    }
}
