import Hummingbird
import OAuth

/// The rooms of a person's own access, and of their level.
extension Rooms {
    /// Levels that a person can rise to in the course of a login: none, until a way of proving them is switched on. Whoever has a level
    /// has it; who lacks one is told.
    static let attainableLevels: [AssuranceLevel] = []

    var access: AccountAccess { AccountAccess(database: database) }

    func addProfileRoutes(to router: Router<ProviderContext>) {
        let door = ProfileDoor(desk: desk, sessions: sessions)
        LoginDevices(door: door, sessions: sessions, access: access).addRoutes(to: router)
        AuthorizedApplications(door: door, consents: consents, clients: clients, access: access).addRoutes(to: router)
    }
}
