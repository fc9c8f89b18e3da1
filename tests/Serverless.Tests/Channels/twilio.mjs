// Runs Twilio's own library for Node (a dev dependency), so that our check of its signatures is never tested against our own signer.
// node twilio.mjs < cases.json   cases: [{token, url, form, json, signature}], form and json as raw text; prints [{signature, valid}]
// node twilio.mjs seeds          signs each seed of seeds/twilio anew, but for those that are badly signed on purpose
import fs from "node:fs";
import path from "node:path";
import querystring from "node:querystring";
import { fileURLToPath } from "node:url";
import webhooks from "twilio/lib/webhooks/webhooks.js";

const { getExpectedTwilioSignature, validateRequest, validateRequestWithBody } = webhooks;
const parameters = (form) => ({ ...querystring.parse(form ?? "", "&", "=", { maxKeys: 0 }) });

function judge({ token, url, form, json, signature }) {
  const expected = getExpectedTwilioSignature(token, url, json == null ? parameters(form) : {});
  const given = signature ?? expected;
  const valid = json == null ? validateRequest(token, given, url, parameters(form)) : validateRequestWithBody(token, given, url, json);
  return { signature: expected, valid };
}

function signSeeds() {
  const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../../seeds/twilio");
  const settings = JSON.parse(fs.readFileSync(path.join(folder, "settings.json")));
  for (const file of fs.readdirSync(folder).filter((f) => f.endsWith(".headers") && !f.includes("badly-signed"))) {
    const headers = path.join(folder, file);
    const text = fs.readFileSync(headers, "utf8");
    const [method, target] = text.split("\n")[0].split(" ");
    const body = fs.readFileSync(headers.replace(".headers", ".body"), "utf8");
    const url = settings.Hooks__PublicBaseUrl + target;
    const urlOnly = method === "GET" || target.includes("bodySHA256=");
    const signature = getExpectedTwilioSignature(settings.Channels__Twilio__AuthToken, url, urlOnly ? {} : parameters(body));
    fs.writeFileSync(headers, text.replace(/^X-Twilio-Signature: .*$/m, `X-Twilio-Signature: ${signature}`));
  }
}

if (process.argv[2] === "seeds") signSeeds();
else process.stdout.write(JSON.stringify(JSON.parse(fs.readFileSync(0, "utf8")).map(judge)));
