// The application router with https, as its documentation describes it.

import { readFileSync } from "node:fs";
import approuter from "@sap/approuter";

const pem = readFileSync(process.env.CERTIFICATE_WITH_KEY);

approuter().start({ httpsOptions: { cert: pem, key: pem } });
