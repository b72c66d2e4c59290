// A long-running application with @sap/xssec, to keep the library's cache of keys. The first line of
// standard input contains credentials and configuration, each further line a token. For each token,
// one line with the library's result is printed.

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
