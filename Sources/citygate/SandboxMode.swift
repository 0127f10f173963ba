import ArgumentParser
import FoundationEssentials
import Logging
import Provider
import Sandbox
import ServiceLifecycle

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
        let hosts = try PlayedHostApps(try file.load(.sandbox, options))
        var configuration = try file.load(.sandbox, options + (hosts?.settings ?? []))
        var upstreams: [SandboxUpstream] = []
        if configuration.wantsFakeSMS {
            // The vendor is there before the product starts, as the real one is.
            let vendor = FakeSMSGateway(account: "sandbox", password: Provider.Configuration.sandboxSMSPassword)
            let address = "http://127.0.0.1:\(try await vendor.open(logger: Logger(label: "sms")))"
            configuration = configuration.sendingSMS(to: address)
            Terminal.say("an SMS vendor of the sandbox's own is at \(address)")
            upstreams.append(twin(vendor))
        }
        let ready = configuration
        let hasInbox = !upstreams.isEmpty
        let notify = SystemdNotify(environment: ProcessInfo.processInfo.environment)
        let companions = hosts.map { [$0.companion] } ?? []
        try await CitygateServer(ready, guests: demo(ready), upstreams: upstreams, companions: companions) { port in
            notify.ready()
            Terminal.say("citygate sandbox is ready at \(ready.issuer) (port \(port))")
            if hasInbox { Terminal.say("short messages arrive at \(ready.issuer)/sandbox/sms/inbox") }
            if let address = ready.demoAddress { Terminal.say("a demo website is at \(address)") }
        }.run()
    }

    /// The SMS vendor, attached to the sandbox's inbox and its faults.
    private func twin(_ vendor: FakeSMSGateway) -> SandboxUpstream {
        SandboxUpstream(.sms) { welcome in
            vendor.attach(
                FakeSMSGateway.Audience(
                    keep: { message in
                        await welcome.keep(
                            SandboxUpstream.Message(
                                to: message.to,
                                text: message.text,
                                code: message.code,
                                purpose: message.purpose
                            )
                        )
                    },
                    failure: { await welcome.fault().map(Self.failure) }
                )
            )
            try? await gracefulShutdown()
            await vendor.close()
        }
    }

    private static func failure(_ fault: SandboxUpstream.Fault) -> FakeSMSGateway.Failure {
        switch fault {
        case .down: .down
        case .slow: .slow
        case .error: .error
        case .malformed: .malformed
        case .rateLimited: .tooFast
        }
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
