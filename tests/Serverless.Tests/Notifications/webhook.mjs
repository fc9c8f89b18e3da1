// Judges webhook calls as a subscriber would, with the npm libraries `standardwebhooks`, `svix` and `cloudevents`.
// In: [{secret, now (Unix seconds), headers, body (base64)}]. Out: [{standardwebhooks: bool, svix: bool, event: {id, type, source, subject, time, data} | null}].
import { readFileSync } from "node:fs";
import * as standardwebhooks from "standardwebhooks";
import * as svix from "svix";
import { HTTP } from "cloudevents";

const holds = (Webhook, prefix, call, body) => {
  Date.now = () => call.now * 1000;
  const headers = Object.fromEntries(["id", "timestamp", "signature"].map((name) => [prefix + name, call.headers["webhook-" + name]]));
  try {
    new Webhook(call.secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
};

const read = (call, body) => {
  try {
    const event = HTTP.toEvent({ headers: { "content-type": call.headers["content-type"] }, body: body.toString("utf8") });
    event.validate();
    const { id, type, source, subject, time, data } = event;
    return { id, type, source, subject, time, data };
  } catch {
    return null;
  }
};

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map((call) => {
  const body = Buffer.from(call.body, "base64");
  return { standardwebhooks: holds(standardwebhooks.Webhook, "webhook-", call, body), svix: holds(svix.Webhook, "svix-", call, body), event: read(call, body) };
})));
