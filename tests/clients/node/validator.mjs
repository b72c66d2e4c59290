// An application with @sap/xssec that stays up, and with it the keys that the library keeps. The
// first line of standard input holds credentials and configuration, each further one a token; for
// each token one line tells what the library says of it.

import { createInterface } from "node:readline";

import { XsuaaService } from "@sap/xssec";

let service;
for await (const line of createInterface({ input: process.stdin })) {
    if (service === undefined) {
        const { credentials, configuration } = JSON.parse(line);
        service = new XsuaaService(credentials, configuration);
        continue;
    }
    try {
        const context = await service.createSecurityContext(line);
        console.log(JSON.stringify({ clientId: context.getClientId() }));
    } catch (error) {
        console.log(JSON.stringify({ error: error.name }));
    }
}
