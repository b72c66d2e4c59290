// npm oidc-provider with one client, and users whose claims the environment lists.

import { Provider } from "oidc-provider";

const { issuer, port, client, users, inIdToken } = JSON.parse(process.env.PROVIDER);

const provider = new Provider(issuer, {
    clients: [{ ...client, grant_types: ["authorization_code"], response_types: ["code"] }],
    claims: { openid: ["sub"], email: ["email"], profile: ["given_name", "family_name"], groups: ["groups", "department"] },
    conformIdTokenClaims: !inIdToken,
    cookies: { keys: ["of tests"] },
    async findAccount(_context, id) {
        return users[id] && { accountId: id, claims: () => ({ sub: id, ...users[id] }) };
    },
    async loadExistingGrant(context) {
        const { client, params, session } = context.oidc;
        const grant = new context.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
        grant.addOIDCScope(params.scope);
        await grant.save();
        return grant;
    },
});

provider.on("server_error", (_context, error) => console.error(error));
provider.on("authorization.error", (_context, error) => console.error(error.message, error.error_description));
provider.on("grant.error", (_context, error) => console.error(error.message, error.error_description));
provider.listen(port, "localhost", () => console.log("provider listening"));
