// One side of OCPP 1.6-J as npm's ocpp-rpc speaks it, in strict mode, driven by lines of JSON.
//
//   node peer.mjs MODULES central_system ANSWERS
//   node peer.mjs MODULES charge_point ANSWERS URL IDENTITY [PASSWORD]
//
// In:  {"id": 1, "identity": "CP1", "method": "Reset", "params": {...}}   call the other side
// Out: {"listening": port}  {"connected": identity}  {"disconnected": identity}
//      {"called": method, "params": {...}}  {"id": 1, "result": {...}}  {"id": 1, "error": code}
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [modules, role, answersText, url, identity, password] = process.argv.slice(2);
const { RPCServer, RPCClient, createRPCError } = createRequire(modules + "/")("ocpp-rpc");
const answers = JSON.parse(answersText);
const clients = new Map();

function say(message) {
  process.stdout.write(JSON.stringify(message) + "\n");
}

function serve(client, identity) {
  client.handle(({ method, params }) => {
    say({ called: method, params });
    if (!(method in answers)) throw createRPCError("NotImplemented");
    const answer = answers[method];
    if ("currentTime" in answer) answer.currentTime = new Date().toISOString();
    return answer;
  });
  clients.set(identity, client);
}

if (role === "central_system") {
  const server = new RPCServer({ protocols: ["ocpp1.6"], strictMode: true });
  server.auth((accept, reject, handshake) => {
    const wrong = password !== undefined && String(handshake.password) !== password;
    wrong ? reject(401) : accept({ protocol: "ocpp1.6" });
  });
  server.on("client", (client) => {
    serve(client, client.identity);
    client.on("disconnect", () => say({ disconnected: client.identity }));
    say({ connected: client.identity });
  });
  const http = await server.listen(0, "127.0.0.1");
  say({ listening: http.address().port });
} else {
  const client = new RPCClient({
    endpoint: url, identity, password, protocols: ["ocpp1.6"], strictMode: true, reconnect: false,
  });
  client.on("disconnect", () => say({ disconnected: identity }));
  serve(client, identity);
  await client.connect();
  say({ connected: identity });
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, identity, method, params } = JSON.parse(line);
  clients.get(identity).call(method, params).then(
    (result) => say({ id, result }),
    (error) => say({ id, error: error.rpcErrorCode ?? error.name, text: error.message }),
  );
}).on("close", () => process.exit(0));
