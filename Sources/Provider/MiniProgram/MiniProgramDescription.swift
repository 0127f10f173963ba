import Cryptography

/// The calls of `/mp/v1` in OpenAPI 3.1, as served at `/mp/v1/openapi.json`. Only what is there is described.
enum MiniProgramDescription {
    static func json(issuer: String) -> [UInt8] {
        let text = (head + schemas + responses + sessionPaths + qrPaths + personPaths)
            .replacing("{issuer}", with: issuer)
        return Array(text.utf8)
    }

    private static let head = #"""
        {"openapi": "3.1.0",
        "info": {"title": "京通小程序接口", "version": "1.0.0",
        "description": "JSON over HTTPS; bearer tokens, no cookies; problems by RFC 9457; every POST takes an Idempotency-Key."},
        "servers": [{"url": "{issuer}"}],
        "security": [{"bearer": []}],
        "components": {
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        "parameters": {
        "idempotencyKey": {"name": "Idempotency-Key", "in": "header", "required": false,
        "description": "The same key with the same request gets the first answer again, for ten minutes.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]+$"}},
        "ticket": {"name": "ticket", "in": "path", "required": true,
        "description": "What the scan answered.", "schema": {"type": "string", "minLength": 1, "maxLength": 64}}},
        """#

    private static let schemas = #"""
        "schemas": {
        "Problem": {"type": "object", "required": ["type", "title", "status", "detail", "code", "request_id"], "properties": {
        "type": {"type": "string", "format": "uri"}, "title": {"type": "string"}, "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence in Chinese that may be shown as it is."},
        "code": {"type": "string"}, "param": {"type": "string"}, "request_id": {"type": "string"},
        "retry_after": {"type": "integer"}}},
        "User": {"type": "object", "required": ["level", "is_new"], "properties": {
        "masked_phone": {"type": "string"}, "name_masked": {"type": "string"},
        "level": {"enum": ["L1", "L2", "L3", "L4"]}, "is_new": {"type": "boolean"}}},
        "Tokens": {"type": "object", "required": ["access_token", "refresh_token", "token_type", "expires_in"], "properties": {
        "access_token": {"type": "string"}, "refresh_token": {"type": "string"}, "token_type": {"const": "Bearer"},
        "expires_in": {"type": "integer"}}},
        "SignIn": {"type": "object", "required": ["status"], "properties": {
        "status": {"enum": ["ready", "need_phone", "need_agreement", "choose_account"]},
        "access_token": {"type": "string"}, "refresh_token": {"type": "string"}, "token_type": {"const": "Bearer"},
        "expires_in": {"type": "integer"}, "user": {"$ref": "#/components/schemas/User"},
        "agreement": {"type": "object", "required": ["version", "url"], "properties": {
        "version": {"type": "string"}, "url": {"type": "string", "format": "uri"}}},
        "accounts": {"type": "array", "items": {"type": "object", "required": ["choose", "user"], "properties": {
        "choose": {"enum": ["current", "phone"]}, "user": {"$ref": "#/components/schemas/User"}}}}}},
        "Scan": {"type": "object", "required": ["ticket", "kind", "rp", "browser", "created_at", "expires_at"], "properties": {
        "ticket": {"type": "string"}, "kind": {"const": "login"},
        "rp": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"},
        "organisation": {"type": "string"}, "domain": {"type": "string"}, "logo": {"type": "string"}}},
        "browser": {"type": "string"}, "network": {"type": "string"},
        "created_at": {"type": "string", "format": "date-time"}, "expires_at": {"type": "string", "format": "date-time"},
        "number_match": {"type": "array", "items": {"type": "integer"}, "minItems": 3, "maxItems": 3,
        "description": "Present when one of three must be picked: the one the page shows."}}},
        "Device": {"type": "object", "required": ["id", "kind", "since", "is_current"], "properties": {
        "id": {"type": "string"}, "kind": {"enum": ["mini_program", "browser"]}, "platform": {"type": "string"},
        "name": {"type": "string"}, "network": {"type": "string"}, "since": {"type": "string", "format": "date-time"},
        "is_current": {"type": "boolean"}}},
        "Authorization": {"type": "object", "required": ["client_id", "name", "scope", "granted_at"], "properties": {
        "client_id": {"type": "string"}, "name": {"type": "string"}, "organisation": {"type": "string"},
        "scope": {"type": "array", "items": {"type": "string"}},
        "granted_at": {"type": "string", "format": "date-time"}}}},
        """#

    private static let responses = #"""
        "responses": {
        "problem": {"description": "What is wrong, in words for the person.",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
        "signIn": {"description": "Where the login stands.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SignIn"}}}},
        "done": {"description": "Done."}}},
        "paths": {
        """#

    private static let sessionPaths = #"""
        "/mp/v1/sessions": {"post": {"operationId": "logIn", "summary": "Log in by the host app's code", "security": [],
        "parameters": [{"$ref": "#/components/parameters/idempotencyKey"}],
        "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object",
        "required": ["platform", "app_id", "login_code"], "properties": {
        "platform": {"enum": ["wechat", "alipay", "baidu"]}, "app_id": {"type": "string", "minLength": 1, "maxLength": 64},
        "login_code": {"type": "string", "minLength": 1, "maxLength": 512},
        "device": {"type": "object", "properties": {"model": {"type": "string"}, "system": {"type": "string"}}}}}}}},
        "responses": {"200": {"$ref": "#/components/responses/signIn"}, "default": {"$ref": "#/components/responses/problem"}}}},
        "/mp/v1/sessions/phone": {"post": {"operationId": "bringPhone",
        "summary": "Bring the phone the host app vouches for: it makes an account or finds its own",
        "parameters": [{"$ref": "#/components/parameters/idempotencyKey"}],
        "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "properties": {
        "phone_code": {"type": "string", "minLength": 1, "maxLength": 512, "description": "WeChat"},
        "encrypted_data": {"type": "string", "minLength": 1, "maxLength": 16384, "description": "Alipay, Baidu"},
        "iv": {"type": "string", "maxLength": 512},
        "agreement_version": {"type": "string", "maxLength": 64, "description": "The version the person has accepted."},
        "choose": {"enum": ["current", "phone"], "description": "After choose_account."}},
        "anyOf": [{"required": ["phone_code"]}, {"required": ["encrypted_data"]}]}}}},
        "responses": {"200": {"$ref": "#/components/responses/signIn"}, "default": {"$ref": "#/components/responses/problem"}}}},
        "/mp/v1/sessions/refresh": {"post": {"operationId": "refresh", "summary": "A new pair of tokens; the old refresh token is spent",
        "security": [], "parameters": [{"$ref": "#/components/parameters/idempotencyKey"}],
        "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object",
        "required": ["refresh_token"], "properties": {"refresh_token": {"type": "string", "minLength": 1, "maxLength": 128}}}}}},
        "responses": {"200": {"description": "The new pair.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tokens"}}}},
        "default": {"$ref": "#/components/responses/problem"}}}},
        "/mp/v1/sessions/current": {"delete": {"operationId": "logOut", "summary": "End this session",
        "responses": {"204": {"$ref": "#/components/responses/done"}, "default": {"$ref": "#/components/responses/problem"}}}},
        """#

    private static let qrPaths = #"""
        "/mp/v1/qr/scan": {"post": {"operationId": "scan", "summary": "Scan the code of a login page",
        "parameters": [{"$ref": "#/components/parameters/idempotencyKey"}],
        "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object",
        "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1, "maxLength": 512}}}}}},
        "responses": {"200": {"description": "What to show before confirming.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Scan"}}}},
        "default": {"$ref": "#/components/responses/problem"}}}},
        "/mp/v1/qr/{ticket}/confirm": {"post": {"operationId": "confirm", "summary": "Confirm what this session scanned",
        "parameters": [{"$ref": "#/components/parameters/ticket"}, {"$ref": "#/components/parameters/idempotencyKey"}],
        "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {
        "number": {"type": "integer", "minimum": 0, "maximum": 99, "description": "The number the page shows."}}}}}},
        "responses": {"200": {"description": "Confirmed.", "content": {"application/json": {"schema": {"type": "object",
        "required": ["status"], "properties": {"status": {"const": "confirmed"}}}}}},
        "default": {"$ref": "#/components/responses/problem"}}}},
        "/mp/v1/qr/{ticket}/cancel": {"post": {"operationId": "cancel", "summary": "Refuse, or take back before the browser used it",
        "parameters": [{"$ref": "#/components/parameters/ticket"}, {"$ref": "#/components/parameters/idempotencyKey"}],
        "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {
        "report": {"type": "boolean", "description": "非本人操作"}}}}}},
        "responses": {"200": {"description": "Cancelled.", "content": {"application/json": {"schema": {"type": "object",
        "required": ["status"], "properties": {"status": {"const": "cancelled"}}}}}},
        "default": {"$ref": "#/components/responses/problem"}}}},
        """#

    private static let personPaths = #"""
        "/mp/v1/me": {"get": {"operationId": "me", "summary": "The person, masked",
        "responses": {"200": {"description": "Who is logged in.", "content": {"application/json": {"schema": {"type": "object",
        "required": ["user", "platform"], "properties": {"user": {"$ref": "#/components/schemas/User"},
        "username_masked": {"type": "string"}, "email_masked": {"type": "string"}, "document_masked": {"type": "string"},
        "platform": {"enum": ["wechat", "alipay", "baidu"]}}}}}},
        "default": {"$ref": "#/components/responses/problem"}}}},
        "/mp/v1/devices": {"get": {"operationId": "devices", "summary": "Where the person is logged in",
        "responses": {"200": {"description": "Phones and browsers.", "content": {"application/json": {"schema": {"type": "object",
        "required": ["devices"], "properties": {"devices": {"type": "array", "items": {"$ref": "#/components/schemas/Device"}}}}}}},
        "default": {"$ref": "#/components/responses/problem"}}}},
        "/mp/v1/devices/{id}": {"delete": {"operationId": "removeDevice", "summary": "End one of them",
        "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string", "minLength": 1}}],
        "responses": {"204": {"$ref": "#/components/responses/done"}, "default": {"$ref": "#/components/responses/problem"}}}},
        "/mp/v1/authorizations": {"get": {"operationId": "authorizations", "summary": "What the person has allowed",
        "responses": {"200": {"description": "Applications with their scopes.", "content": {"application/json": {"schema": {
        "type": "object", "required": ["authorizations"], "properties": {"authorizations": {"type": "array",
        "items": {"$ref": "#/components/schemas/Authorization"}}}}}}},
        "default": {"$ref": "#/components/responses/problem"}}}},
        "/mp/v1/authorizations/{client}": {"delete": {"operationId": "withdraw",
        "summary": "Take it back: the application's tokens end at once",
        "parameters": [{"name": "client", "in": "path", "required": true, "schema": {"type": "string", "minLength": 1}}],
        "responses": {"204": {"$ref": "#/components/responses/done"}, "default": {"$ref": "#/components/responses/problem"}}}},
        "/mp/v1/web-tickets": {"post": {"operationId": "webTicket",
        "summary": "An address, good once within a minute, that opens a page signed in",
        "parameters": [{"$ref": "#/components/parameters/idempotencyKey"}],
        "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object",
        "required": ["target"], "properties": {"target": {"type": "string", "minLength": 1, "maxLength": 200}}}}}},
        "responses": {"200": {"description": "The address.", "content": {"application/json": {"schema": {"type": "object",
        "required": ["url", "expires_in"], "properties": {"url": {"type": "string", "format": "uri"},
        "expires_in": {"type": "integer"}}}}}},
        "default": {"$ref": "#/components/responses/problem"}}}}
        }}
        """#
}
