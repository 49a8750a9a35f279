// @node-oauth/oauth2-server behind express, on a free loopback port. Argument: JSON, a list of { id, secret, scopes }.
// Prints { token_url } once it listens and { issued } for each token; ends with its standard input.

import { createServer } from "node:http";
import OAuth2Server from "@node-oauth/oauth2-server";
import express from "express";
import { endWithParent, listen } from "./lifetime.mjs";

const clients = new Map(JSON.parse(process.argv[2]).map((client) => [client.id, client]));

const oauth = new OAuth2Server({
  model: {
    getClient(id, secret) {
      const client = clients.get(id);
      return client?.secret === secret ? { id, grants: ["client_credentials"], accessTokenLifetime: 600 } : null;
    },
    getUserFromClient: (client) => ({ id: client.id }),
    // All that was asked for, or nothing; what the client has by default when nothing was asked for.
    validateScope(_user, client, asked) {
      const known = clients.get(client.id).scopes;
      if (!asked?.length) return known;
      return asked.every((scope) => known.includes(scope)) ? asked : false;
    },
    saveToken(token, client, user) {
      console.log(JSON.stringify({ issued: token.accessToken }));
      return { ...token, client, user };
    },
    getAccessToken: () => null,
  },
});

const app = express();
app.use(express.urlencoded({ extended: false }));
app.post("/oauth/token", async (request, response) => {
  const answer = new OAuth2Server.Response(response);
  try {
    await oauth.token(new OAuth2Server.Request(request), answer);
    response.set(answer.headers).status(answer.status ?? 200).json(answer.body);
  } catch (error) {
    response.set(answer.headers).status(error.code ?? 500).json({ error: error.name, error_description: error.message });
  }
});

const server = createServer(app);
const origin = await listen(server);
console.log(JSON.stringify({ token_url: `${origin}/oauth/token` }));
endWithParent();
