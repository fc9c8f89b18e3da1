// Writes the .headers and .body files of seeds/sipgate and seeds/placetel, signed with Node's own crypto by the providers' published methods (not by our code).
// sipgate signs with a private key that nobody else has: a key pair is made at every run, its public half goes into settings.json, its private half nowhere.
// So a run signs all seeds of sipgate anew. The .expected.json beside them are written by hand and left alone.
// Run from the repository root:  node tests/Serverless.Tests/Channels/sign-phones.mjs [sipgate|placetel]
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const only = process.argv[2];
const folderOf = (channel) => fileURLToPath(new URL(`../../../seeds/${channel}/`, import.meta.url));
const form = (fields) => fields.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value).replaceAll("%20", "+")}`).join("&");

function write(channel, name, headers, body) {
  const all = { "Content-Type": "application/x-www-form-urlencoded", ...headers };
  const lines = [`POST /api/hooks/${channel}`, ...Object.entries(all).map(([key, value]) => `${key}: ${value}`)];
  writeFileSync(`${folderOf(channel)}${name}.headers`, lines.join("\n") + "\n");
  writeFileSync(`${folderOf(channel)}${name}.body`, body);
}

// sipgate: base64 RSA-SHA256 (PKCS#1 v1.5) over the body.
const berlin = "493023125400";
const closed = "493023125401";
const plain = "493023125402";
const jennifer = "442079460555";
const users = (...names) => names.flatMap((name, i) => [["user[]", name], ["userId[]", `w${i}`], ["fullUserId[]", `1234567w${i}`]]);
const call = (event, callId, from, to, ...more) => [["event", event], ["callId", callId], ["from", from], ["to", to], ["direction", "in"], ...more];

const sipgate = [
  ["01-journey-rings", call("newCall", "5f1c01", jennifer, berlin, ["origCallId", "5f1c01"], ["xcid", "x-01"], ...users("Ayşe Demir", "Jörg Maier"))],
  ["02-journey-answered", call("answer", "5f1c01", jennifer, berlin, ["origCallId", "5f1c01"], ["user", "Ayşe Demir"], ["userId", "w0"], ["answeringNumber", "493023125411"])],
  ["03-journey-handed-on", call("newCall", "5f1c02", jennifer, "493023125412", ["origCallId", "5f1c01"], ["diversion", berlin], ...users("Marta König"))],
  ["04-journey-colleague-answers", call("answer", "5f1c02", jennifer, "493023125412", ["origCallId", "5f1c01"], ["diversion", berlin], ["user", "Marta König"], ["userId", "w7"])],
  ["05-journey-first-hangs-up", call("hangup", "5f1c01", jennifer, berlin, ["origCallId", "5f1c01"], ["cause", "normalClearing"])],
  ["06-journey-over", call("hangup", "5f1c02", jennifer, "493023125412", ["origCallId", "5f1c01"], ["diversion", berlin], ["cause", "normalClearing"])],
  ["07-closed-rings", call("newCall", "5f2d01", "4915123456789", closed, ["origCallId", "5f2d01"], ...users("Zentrale"))],
  ["08-closed-voicemail-answers", call("answer", "5f2d01", "4915123456789", closed, ["origCallId", "5f2d01"], ["user", "voicemail"])],
  ["09-closed-over", call("hangup", "5f2d01", "4915123456789", closed, ["origCallId", "5f2d01"], ["cause", "normalClearing"])],
  ["10-anonymous-rings", call("newCall", "5f3e01", "anonymous", plain, ...users("Zentrale"))],
  ["11-anonymous-gives-up", call("hangup", "5f3e01", "anonymous", plain, ["cause", "cancel"])],
  ["12-overtaken-rings", call("newCall", "5f4f01", "442079460777", plain, ["origCallId", "5f4f01"], ...users("Zentrale"))],
  ["13-overtaken-hangup-first", call("hangup", "5f4f01", "442079460777", plain, ["origCallId", "5f4f01"], ["cause", "normalClearing"], ["answeringNumber", "493023125413"])],
  ["14-overtaken-answer-late", call("answer", "5f4f01", "442079460777", plain, ["origCallId", "5f4f01"], ["user", "Jörg Maier"], ["answeringNumber", "493023125413"])],
  ["15-we-call-back", [["event", "newCall"], ["callId", "5f5a01"], ["origCallId", "5f5a01"], ["from", closed], ["to", "4915123456789"], ["direction", "out"], ...users("Marta König")]],
  ["16-we-reached-the-customer", [["event", "answer"], ["callId", "5f5a01"], ["origCallId", "5f5a01"], ["from", closed], ["to", "4915123456789"], ["direction", "out"]]],
  ["17-busy-call-is-forwarded", call("hangup", "5f6b01", "442079460888", plain, ["origCallId", "5f6b01"], ["cause", "forwarded"])],
  ["18-a-key-was-pressed", [["event", "dtmf"], ["callId", "5f4f01"], ["dtmf", "1"]]],
  ["19-badly-signed", call("newCall", "5f7c01", "442079460999", plain, ...users("Zentrale")), "&user%5B%5D=Somebody"],
  ["20-unknown-event", [["event", "recording"], ["callId", "5f8d01"], ["from", "442079460999"], ["to", plain], ["direction", "in"]]],
  ["21-hangup-again", call("hangup", "5f3e01", "anonymous", plain, ["cause", "cancel"])],
];

if (only !== "placetel") {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const file = folderOf("sipgate") + "settings.json";
  const settings = JSON.parse(readFileSync(file, "utf8"));
  settings.Channels__Sipgate__PublicKey = publicKey.export({ type: "spki", format: "der" }).toString("base64");
  writeFileSync(file, JSON.stringify(settings, null, 2) + "\n");
  for (const [name, fields, added] of sipgate) {
    const body = form(fields);
    write("sipgate", name, { "X-Sipgate-Signature": sign("sha256", Buffer.from(body), privateKey).toString("base64") }, body + (added ?? ""));
  }
}

// Placetel: hex HMAC-SHA256 over the body.
const id = (n) => String(n).padStart(2, "0").repeat(32);
const placetelCall = (event, n, from, to, ...more) => [["event", event], ["from", from], ["to", to], ["call_id", id(n)], ...more];
const placetel = [
  ["01-answered-rings", placetelCall("IncomingCall", 11, "03023125770", "03023125450", ["direction", "in"])],
  ["02-answered-accepted", placetelCall("CallAccepted", 11, "03023125770", "03023125450", ["peer", "7777demir@fpbx.de"], ["direction", "in"])],
  ["03-answered-over", placetelCall("HungUp", 11, "03023125770", "03023125450", ["type", "accepted"], ["duration", "184"], ["direction", "in"])],
  ["04-missed-rings", placetelCall("IncomingCall", 12, "anonymous", "03023125451", ["direction", "in"])],
  ["05-missed-over", placetelCall("HungUp", 12, "anonymous", "03023125451", ["type", "missed"], ["duration", "0"], ["direction", "in"])],
  ["06-voicemail-rings", placetelCall("IncomingCall", 13, "00442079460222", "03023125452", ["direction", "in"])],
  ["07-voicemail-left", placetelCall("HungUp", 13, "00442079460222", "03023125452", ["type", "voicemail"], ["duration", "0"], ["direction", "in"])],
  ["08-we-call-back", placetelCall("OutgoingCall", 14, "03023125452", "00442079460222", ["peer", "7777maier@fpbx.de"], ["direction", "out"])],
  ["09-nobody-there", placetelCall("HungUp", 14, "03023125452", "00442079460222", ["type", "busy"], ["duration", "0"], ["direction", "out"])],
  ["10-a-call-inside-the-house", placetelCall("OutgoingCall", 15, "03023125452", "23", ["peer", "7777maier@fpbx.de"], ["direction", "out"])],
  ["11-badly-signed", placetelCall("IncomingCall", 16, "03023125780", "03023125450", ["direction", "in"]), "&peer=somebody"],
  ["12-unknown-event", placetelCall("CallParked", 17, "03023125790", "03023125450", ["direction", "in"])],
  ["13-hangup-again", placetelCall("HungUp", 12, "anonymous", "03023125451", ["type", "missed"], ["duration", "0"], ["direction", "in"])],
];

if (only !== "sipgate") {
  const { Channels__Placetel__Secret: secret } = JSON.parse(readFileSync(folderOf("placetel") + "settings.json", "utf8"));
  for (const [name, fields, added] of placetel) {
    const body = form(fields);
    write("placetel", name, { "X-PLACETEL-SIGNATURE": createHmac("sha256", secret).update(body).digest("hex") }, body + (added ?? ""));
  }
}
