// Calls the administration APIs by CAP's REST remote service, whose destination is the binding named
// `api` in VCAP_SERVICES. Reads requests from standard input as one JSON list, sends them in order,
// and prints {"answers": [...]} with one object for each. "$ID" in a request is the id in the first
// answer that has one.

import { readFileSync } from "node:fs";

import { setGlobalLogLevel } from "@sap-cloud-sdk/util";
import cds from "@sap/cds";

// Standard output is for answers.
setGlobalLogLevel("error");

cds.env.requires.api = { kind: "rest", credentials: { destination: "api" } };

const api = await cds.connect.to("api");
const answers = [];
let id;

for (const text of JSON.parse(readFileSync(0, "utf8")).map((each) => JSON.stringify(each))) {
    const request = JSON.parse(id ? text.replaceAll("$ID", id) : text);
    try {
        const body = await api.send(request);
        id ??= body?.id;
        answers.push({ body: body ?? null });
    } catch (error) {
        answers.push({ status: error.reason?.status ?? error.status ?? error.message });
    }
}

process.stdout.write(JSON.stringify({ answers }), () => process.exit());
