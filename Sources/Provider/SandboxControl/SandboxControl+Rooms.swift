import Cryptography

extension SandboxControl {
    init(_ rooms: Rooms, extraClients: [SandboxClients.Ready] = []) {
        self.init(
            database: rooms.database,
            accounts: rooms.accounts,
            clients: rooms.clients,
            captchas: rooms.captchas,
            partitions: rooms.partitions,
            clock: rooms.clock,
            sandboxClock: SandboxClock(database: rooms.database),
            ready: SandboxClients(rooms.secrets, issuer: rooms.configuration.issuer),
            registrationPolicy: Rooms.registrationPolicy(rooms.configuration, rooms.capabilities),
            extraClients: extraClients,
            bodyLimit: rooms.configuration.http.bodyBytes,
            stage: SandboxStage(database: rooms.database),
            desk: rooms.desk,
            miniProgram: rooms.configuration.miniProgram.isOffered
                ? rooms.configuration.platformsPort.map {
                    SandboxMiniProgram(
                        port: $0,
                        desk: rooms.desk,
                        pictures: rooms.pictures,
                        bodyLimit: rooms.configuration.http.bodyBytes
                    )
                } : nil
        )
    }
}

extension SandboxClients {
    /// The ready-made clients of an installation.
    init(_ secrets: KeySecrets, issuer: String) {
        self.init(seed: Rooms.derived("sandbox-clients", secrets), issuer: issuer)
    }
}
