// Writes the .headers and .body files of seeds/vonage, signed as Vonage publishes it (https://developer.vonage.com/en/getting-started/concepts/webhooks) with Node's own crypto, not with our code.
// The same input gives the same bytes. The .expected.json beside them are written by hand and left alone.
// Run from the repository root:  node tests/Serverless.Tests/Channels/vonage-seeds.mjs
import { createHash, createHmac } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../../seeds/vonage/", import.meta.url));
const settings = JSON.parse(readFileSync(folder + "settings.json", "utf8"));
const base64 = (value) => Buffer.from(value).toString("base64url");

function bearer(body, at, number, secret = settings.Channels__Vonage__SignatureSecret) {
  const claims = {
    iat: Math.floor(Date.parse(at) / 1000), jti: `c5ba8f24-1a14-4c10-bfdf-0000000000${String(number).padStart(2, "0")}`, iss: "Vonage",
    ...(body === "" ? {} : { payload_hash: createHash("sha256").update(body).digest("hex") }),
    api_key: settings.Channels__Vonage__ApiKey, application_id: settings.Channels__Vonage__ApplicationId,
  };
  const signed = `${base64(JSON.stringify({ alg: "HS256", typ: "JWT" }))}.${base64(JSON.stringify(claims))}`;
  return `Bearer ${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

const london = "442079460200", berlin = "493023125300", tom = "442079460955", jana = "493023125077";
const c1 = "CON-7e1f0000-0001-4a52-9f0e-000000000001", c2 = "CON-7e1f0000-0002-4a52-9f0e-000000000002", c3 = "CON-7e1f0000-0003-4a52-9f0e-000000000003";
const leg = (conversation, number) => conversation.slice(4).replace("4a52", `4a5${number}`);
const event = (conversation, status, time, from, to, direction, more = {}) => ({
  headers: {}, from, to, uuid: leg(conversation, direction === "inbound" ? 2 : 3), conversation_uuid: conversation, status, direction, timestamp: time, ...more,
});
const message = (uuid, at, channel, from, to, more) => ({ channel, message_uuid: `aaaa0000-0000-4000-8000-0000000000${uuid}`, to, from, timestamp: at, ...more });

const seeds = [
  { file: "01-call-rings", door: "voice/answer", at: "2026-11-20T10:15:00Z", body: { from: tom, to: london, endpoint_type: "phone", conversation_uuid: c1, uuid: leg(c1, 2), region_url: "https://api-eu-1.nexmo.com" } },
  { file: "02-leg-answered-by-us", door: "voice/events", at: "2026-11-20T10:15:01Z", body: event(c1, "answered", "2026-11-20T10:15:00.900Z", tom, london, "inbound", { start_time: null, rate: null, network: null }) },
  { file: "03-first-person-does-not-answer", door: "voice/dial?next=0.1", at: "2026-11-20T10:15:21Z", body: event(c1, "timeout", "2026-11-20T10:15:20.700Z", london, "442079460211", "outbound") },
  { file: "04-second-person-is-busy", door: "voice/dial?next=message", at: "2026-11-20T10:15:24Z", body: event(c1, "busy", "2026-11-20T10:15:23.200Z", london, "sip:desk@pbx.example.com", "outbound", { detail: "" }) },
  { file: "05-message-left", door: "voice/recording", at: "2026-11-20T10:16:12Z", body: { start_time: "2026-11-20T10:15:34Z", recording_url: "https://api-eu-1.nexmo.com/v1/files/7e1f0000-aaaa-4a52-9f0e-000000000001", size: 152064, recording_uuid: "7e1f0000-bbbb-4a52-9f0e-000000000001", end_time: "2026-11-20T10:16:08Z", conversation_uuid: c1, timestamp: "2026-11-20T10:16:09.120Z" } },
  { file: "06-call-over", door: "voice/events", at: "2026-11-20T10:16:13Z", body: event(c1, "completed", "2026-11-20T10:16:11.000Z", tom, london, "inbound", { end_time: "2026-11-20T10:16:11.000Z", duration: "71", start_time: "2026-11-20T10:15:00.000Z", rate: "0.00450000", price: "0.00532500", network: "GB-FIXED" }) },
  { file: "07-call-by-get", method: "GET", door: `voice/answer?to=${berlin}&from=${jana}&conversation_uuid=${c2}&uuid=${leg(c2, 2)}`, at: "2026-11-20T11:00:00Z", body: "" },
  { file: "08-person-answers", door: "voice/dial?next=message", at: "2026-11-20T11:00:09Z", body: event(c2, "answered", "2026-11-20T11:00:08.000Z", berlin, "493023125311", "outbound") },
  { file: "09-withheld-number-out-of-hours", door: "voice/answer", at: "2026-11-20T20:30:00Z", body: { from: "anonymous", to: "493023125390", conversation_uuid: c3, uuid: leg(c3, 2) } },
  { file: "10-outgoing-call", door: "voice/events", at: "2026-11-20T11:30:00Z", body: event("CON-7e1f0000-0004-4a52-9f0e-000000000004", "answered", "2026-11-20T11:29:58.000Z", berlin, jana, "outbound", { start_time: "2026-11-20T11:29:58.000Z" }) },
  { file: "11-sms", door: "messages", at: "2026-11-20T09:20:02Z", body: message("01", "2026-11-20T09:20:00Z", "sms", tom, london, { message_type: "text", text: "Order 20931: nobody called back. Is Saturday still on?", sms: { num_messages: "1", keyword: "ORDER" }, usage: { currency: "EUR", price: "0.0" } }) },
  { file: "12-whatsapp-photo", door: "messages", at: "2026-11-20T09:25:03Z", body: message("02", "2026-11-20T09:25:01Z", "whatsapp", jana, berlin, { message_type: "image", image: { url: "https://api-eu.nexmo.com/v3/media/bbbb0000-0000-4000-8000-000000000002", caption: "So sieht die Dichtung jetzt aus 😕 Größe L", name: "dichtung.jpg" }, profile: { name: "Jana Köhler" }, context_status: "none" }) },
  { file: "13-whatsapp-button", door: "messages", at: "2026-11-20T09:31:00Z", body: message("03", "2026-11-20T09:30:58Z", "whatsapp", jana, berlin, { message_type: "reply", reply: { id: "slot-2", title: "Morgen 8-10 Uhr", description: "Techniker" }, profile: { name: "Jana Köhler" }, context: { message_uuid: "cccc0000-0000-4000-8000-000000000001", message_from: berlin } }) },
  { file: "14-messenger", door: "messages", at: "2026-11-20T09:40:01Z", body: message("04", "2026-11-20T09:40:00Z", "messenger", "7203948571029384", "109283746501928", { message_type: "text", text: "Hello, do you repair the older Polar 300 as well?" }) },
  { file: "15-message-delivered", door: "messages/status", at: "2026-11-20T09:41:00Z", body: message("90", "2026-11-20T09:40:59Z", "sms", london, tom, { status: "delivered", client_ref: "0123456789abcdef0123456789abcdef", usage: { currency: "EUR", price: "0.0333" }, sms: { count_total: "1" } }) },
  { file: "16-unknown-message-type", door: "messages", at: "2026-11-20T09:45:01Z", body: message("05", "2026-11-20T09:45:00Z", "whatsapp", jana, berlin, { message_type: "poll_vote", poll_vote: { choice: 2 }, profile: { name: "Jana Köhler" } }) },
  { file: "17-same-sms-again", door: "messages", at: "2026-11-20T09:20:07Z", same: "11-sms" },
  { file: "18-bad-signature", door: "messages", at: "2026-11-20T12:00:00Z", secret: "another-secret", body: message("06", "2026-11-20T11:59:59Z", "sms", tom, london, { message_type: "text", text: "Forged." }) },
];

seeds.forEach((seed, index) => {
  const made = seed.same ? seeds.find((s) => s.file === seed.same).body : seed.body;
  const body = made === "" ? "" : JSON.stringify(made);
  writeFileSync(`${folder}${seed.file}.body`, body);
  const type = body === "" ? "" : "Content-Type: application/json\n";
  writeFileSync(`${folder}${seed.file}.headers`, `${seed.method ?? "POST"} /api/hooks/vonage/${seed.door}\n${type}User-Agent: Vonage-Webhooks/1.0\nAuthorization: ${bearer(body, seed.at, index + 1, seed.secret)}\n`);
});
