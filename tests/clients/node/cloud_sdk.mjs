// A program with a generated client of SAP Cloud SDK. The first argument is its folder. Reads one
// JSON command a line and prints the answer to each as a line:
//
//     { "connect": <service key>, "token": <token of a user, or none> }
//     { "operation": <operationId>, "arguments": [...], "headers": {...} }

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

import { transformServiceBindingToDestination } from "@sap-cloud-sdk/connectivity";
import { setGlobalLogLevel } from "@sap-cloud-sdk/util";

// Standard output is for answers.
setGlobalLogLevel("error");

const client = await import(pathToFileURL(`${process.argv[2]}/index.js`));
const operations = Object.assign({}, ...Object.values(client));
let destination;

async function connect({ connect: credentials, token }) {
    const binding = { name: "api", label: "xsuaa", tags: ["xsuaa"], credentials };
    destination = token
        ? destinationOf(credentials, token)
        : await transformServiceBindingToDestination(binding, { useCache: false });
    return {};
}

// A token that was issued to a certificate is accepted with this certificate only.
function destinationOf({ apiurl, certurl, certificate, key }, token) {
    const headers = { Authorization: `Bearer ${token}` };
    return certificate
        ? { url: certurl, headers, mtlsKeyPair: { cert: certificate, key } }
        : { url: apiurl, headers };
}

async function call({ operation, arguments: given, headers }) {
    const request = operations[operation](...given).addCustomHeaders(headers);
    const { status, data } = await request.executeRaw(destination);
    return { status, body: data };
}

async function answer(command) {
    try {
        return await (command.connect ? connect(command) : call(command));
    } catch (error) {
        const response = error.response ?? error.rootCause?.response;
        return { status: response?.status ?? null, body: response?.data ?? error.message };
    }
}

for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await answer(JSON.parse(line))));
}
