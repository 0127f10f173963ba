// Device
// Owns: table `device_authorization`; the device grant (RFC 8628): the endpoint for devices, the pages where a person types the code.
// Hands off: signing in to SignIn by redirect, the grant to Grants, what is asked and remembered to Authorization, rules of form to OAuth.
// Never: a state moved but by one conditional statement; an authorization given without the page that says what is given, and to whom.

import Hummingbird
import Logging
import OAuth

/// `POST /oauth2/device_authorization` (RFC 8628 §3.1, §3.2).
struct DeviceAuthorizationEndpoint: Sendable {
    let authenticator: ClientAuthenticator
    let codes: DeviceCodes
    let capabilities: ProviderCapabilities
    /// The largest body, in bytes.
    let bodyLimit: Int

    func addRoutes(to router: Router<ProviderContext>) {
        router.post("oauth2/device_authorization") { request, context in
            try await ProtocolAnswer.json(context, realm: capabilities.issuer.value) {
                let parameters = try await ProtocolForm.parameters(request, limit: bodyLimit)
                let client = try await authenticator.authenticate(request, parameters)
                let asked = try DeviceAuthorizationRequest(parameters, client: client, capabilities: capabilities)
                let issued = try await codes.issue(asked)
                context.logger.info("device code issued", metadata: ["client_id": "\(client.id.value)"])
                let response = DeviceAuthorizationResponse(
                    deviceCode: issued.deviceCode,
                    userCode: issued.userCode,
                    verificationURI: capabilities.issuer.value + DeviceVerification.path,
                    expiresIn: codes.lifetime,
                    interval: codes.interval
                )
                return .json(response.body())
            }
        }
        ProtocolAnswer.refuseGet("oauth2/device_authorization", on: router)
    }
}
