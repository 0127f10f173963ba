import Cryptography
import Postgres

/// What an error means to somebody at a terminal: a sentence, and the exit code of operations 2.3.
public struct Diagnosis: Error, Sendable, Equatable {
    /// Why a command did not do what it was asked.
    public enum Kind: Int32, Sendable {
        /// Exit code 1.
        case failed = 1
        /// Exit code 2: the command line or the configuration is wrong.
        case usage = 2
        /// Exit code 3.
        case notFound = 3
        /// Exit code 4: a rule forbids it.
        case refused = 4
        /// Exit code 5: the database or another service does not answer.
        case dependencyDown = 5
    }

    /// Decides the exit code.
    public let kind: Kind
    /// What happened, in words and without a value that could be personal.
    public let sentence: String

    /// A diagnosis that is known already.
    ///
    /// - Parameters:
    ///   - kind: Decides the exit code.
    ///   - sentence: What happened.
    public init(_ kind: Kind, _ sentence: String) {
        self.kind = kind
        self.sentence = sentence
    }

    /// Finds out what an error means.
    ///
    /// - Parameter error: Any error this library throws; of others only the type is named.
    public init(_ error: any Error) {
        switch error {
        case let diagnosis as Diagnosis: self = diagnosis
        case let fault as AdministrationFault: self.init(fault.kind, fault.description)
        case let fault as ConfigurationFaults: self.init(.usage, fault.description)
        case let fault as KeyFolderError: self.init(Self.kind(of: fault), fault.description)
        case let fault as PrivatePostgresFault: self.init(.dependencyDown, fault.description)
        case let fault as StartFault: self.init(.failed, fault.description)
        case let error as PostgresError:
            self.init(Self.isDown(error) ? .dependencyDown : .failed, "The database: \(error.description)")
        default: self.init(.failed, "An unexpected error of type \(String(reflecting: type(of: error)))")
        }
    }

    private static func kind(of fault: KeyFolderError) -> Kind {
        switch fault {
        case .unknownKey, .missing: .notFound
        case .exposed, .foreignOwner, .lastCurrent, .wrongState, .wrongPassphrase, .noPassphrase: .refused
        case .wrongKind, .system, .malformed, .cryptography: .failed
        }
    }

    private static func isDown(_ error: PostgresError) -> Bool {
        switch error.code {
        case .unavailable, .connectionLost, .deadline, .queueFull: true
        default: false
        }
    }
}
