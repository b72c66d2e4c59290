// A small application with @sap/xssec. Reads commands from standard input as one JSON list, runs
// them in order, and prints {"answers": [...]} with one object for each.

import { readFileSync } from "node:fs";

import { jwtBearerToken } from "@sap-cloud-sdk/connectivity";
import { XsuaaService } from "@sap/xssec";

const COMMANDS = {
    token: ({ credentials, options }) =>
        new XsuaaService(credentials).fetchClientCredentialsToken(options),

    password: ({ credentials, username, password, options }) =>
        new XsuaaService(credentials).fetchPasswordToken(username, password, options),

    exchange: ({ credentials, token, options }) =>
        new XsuaaService(credentials).fetchJwtBearerToken(token, options),

    // As a destination that exchanges the user's token.
    sdkExchange: async ({ credentials, token }) => {
        const service = { name: "reuse", label: "xsuaa", tags: ["xsuaa"], credentials };
        return { access_token: await jwtBearerToken(token, service) };
    },

    validate: async ({ credentials, token, scopes, localScopes }) => {
        const service = new XsuaaService(credentials);
        return factsOf(await service.createSecurityContext(token), scopes, localScopes);
    },
};

function factsOf(context, scopes, localScopes) {
    return {
        clientId: context.getClientId(),
        zoneId: context.token.zid,
        subaccountId: context.getSubaccountId(),
        subdomain: context.getSubdomain(),
        serviceInstanceId: context.getCloneServiceInstanceId(),
        grantType: context.getGrantType(),
        userName: context.getUserName(),
        logonName: context.getLogonName(),
        givenName: context.getGivenName(),
        familyName: context.getFamilyName(),
        email: context.getEmail(),
        attributes: context.getAttributes(),
        origin: context.getOrigin() ?? null,
        expires: context.getExpirationDate().getTime() / 1000,
        scopes: Object.fromEntries(scopes.map((name) => [name, context.checkScope(name)])),
        localScopes: Object.fromEntries(
            localScopes.map((name) => [name, context.checkLocalScope(name)]),
        ),
    };
}

async function answer({ command, ...parameters }) {
    try {
        return await COMMANDS[command](parameters);
    } catch (error) {
        return { error: error.name, status: error.responseCode ?? error.statusCode ?? null };
    }
}

const answers = [];
for (const command of JSON.parse(readFileSync(0, "utf8"))) {
    answers.push(await answer(command));
}
console.log(JSON.stringify({ answers }));
