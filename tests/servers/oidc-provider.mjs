// An OpenID certified authorization server on a free loopback port. Argument: JSON, a list of
// { id, secret, method, format, scopes }. Prints { issuer, token_url } once it listens and { issued } for each token; ends
// with its standard input.

import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";
import { endWithParent, listen } from "./lifetime.mjs";

const clients = JSON.parse(process.argv[2]);
const byId = new Map(clients.map((client) => [client.id, client]));
const resourceOf = (client) => `urn:test:${byId.get(client.clientId).format}`;

/** A signing key. Through PEM: exporting a key object as a JWK was seen to hang on Node 20. */
function signingKey() {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  return privateKey;
}

const server = createServer();
const origin = await listen(server);
const jwk = createPrivateKey(signingKey()).export({ format: "jwk" });

const provider = new Provider(origin, {
  clients: clients.map(({ id, secret, method }) => ({
    client_id: id,
    client_secret: secret,
    token_endpoint_auth_method: method,
    grant_types: ["client_credentials"],
    redirect_uris: [],
    response_types: [],
  })),
  clientAuthMethods: ["client_secret_basic", "client_secret_post"],
  scopes: ["openid", "a:read", "b:write"],
  jwks: { keys: [{ ...jwk, use: "sig", alg: "RS256", kid: "test" }] },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: (_context, client) => resourceOf(client),
      getResourceServerInfo: (_context, _resource, client) => ({
        scope: byId.get(client.clientId).scopes.join(" "),
        audience: "urn:test:api",
        accessTokenTTL: 600,
        accessTokenFormat: byId.get(client.clientId).format,
      }),
    },
  },
});
provider.on("grant.success", (context) => console.log(JSON.stringify({ issued: context.body.access_token })));
server.on("request", provider.callback());
console.log(JSON.stringify({ issuer: origin, token_url: `${origin}/token` }));
endWithParent();
