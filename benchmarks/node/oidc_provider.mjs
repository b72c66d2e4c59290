// oidc-provider as a token service: client credentials, RS256 tokens, everything in memory.
// Started with one argument, JSON: {"port", "workers", "clients": [{"client_id", "client_secret"}]}
import cluster from "node:cluster";
import { generateKeyPairSync } from "node:crypto";
import Provider from "oidc-provider";

const { port, workers, clients } = JSON.parse(process.argv[2]);
const AUDIENCE = "urn:benchmark";

if (cluster.isPrimary) {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: "one" };
  for (let index = 0; index < workers; index += 1) {
    cluster.fork({ SIGNING_KEY: JSON.stringify(key) });
  }
  cluster.on("exit", () => process.exit(1));
} else {
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: clients.map((client) => ({
      ...client,
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
    })),
    jwks: { keys: [JSON.parse(process.env.SIGNING_KEY)] },
    scopes: ["api"],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: "api",
          audience: AUDIENCE,
          accessTokenFormat: "jwt",
          accessTokenTTL: 43200,
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
  });
  provider.listen(port, "127.0.0.1");
}
