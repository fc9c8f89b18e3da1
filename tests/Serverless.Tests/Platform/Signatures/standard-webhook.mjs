// Signs and verifies with the npm libraries `standardwebhooks` and `svix`. In: {sign: [{secret, id, at, body}], verify: [{secret, id, timestamp, signature, body, now}]},
// times in Unix seconds. Out: {sign: [value], verify: [{standardwebhooks: bool, svix: bool}]}.
import { readFileSync } from "node:fs";
import * as standardwebhooks from "standardwebhooks";

const input = JSON.parse(readFileSync(0, "utf8"));
const svix = input.verify ? await import("svix") : undefined; // Large, and not needed to sign.

const holds = (Webhook, prefix, call) => {
  Date.now = () => call.now * 1000;
  try {
    const headers = { [prefix + "id"]: call.id, [prefix + "timestamp"]: call.timestamp, [prefix + "signature"]: call.signature };
    new Webhook(call.secret).verify(call.body, headers);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return true; // Verified; only its body is not JSON.
    return false;
  }
};

process.stdout.write(JSON.stringify({
  sign: (input.sign ?? []).map((call) => new standardwebhooks.Webhook(call.secret).sign(call.id, new Date(call.at * 1000), call.body)),
  verify: (input.verify ?? []).map((call) => ({
    standardwebhooks: holds(standardwebhooks.Webhook, "webhook-", call),
    svix: holds(svix.Webhook, "svix-", call),
  })),
}));
