// Writes the .headers and .body files of seeds/generic, signed by the npm library `standardwebhooks` (not by our code). The same input gives the same bytes.
// The .expected.json beside them are written by hand and left alone.
// Run from the repository root after `npm ci`:  node tests/Serverless.Tests/Channels/sign-seeds.mjs
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Webhook } from "standardwebhooks";

const folder = fileURLToPath(new URL("../../../seeds/generic/", import.meta.url));
const settings = JSON.parse(readFileSync(folder + "settings.json", "utf8"));
const secrets = {
  website: settings.Channels__Generic__Secret,
  shops: settings.Channels__Generic__Senders__shops__Secret,
  fleet: settings.Channels__Generic__Senders__fleet__Secret,
};
const structured = "application/cloudevents+json; charset=utf-8";
const batch = "application/cloudevents-batch+json; charset=utf-8";

// Non-ASCII as \uXXXX, as many senders' JSON libraries write it.
const ascii = (json) => json.replace(/[\u0080-\uffff]/g, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));

const form = {
  specversion: "1.0",
  id: "form-8f3a51",
  source: "https://www.example.com/kontakt",
  type: "contact.form.submitted.v1",
  time: "2026-11-20T09:14:58.120Z",
  datacontenttype: "application/json",
  data: {
    subject: "Kühlschrank kühlt nicht",
    text: "Guten Tag,\nunser Kühlschrank kühlt seit gestern nicht mehr, die Anzeige blinkt. Was können wir tun?\nGrüße aus Köln\nJürgen Weiß",
    language: "de",
    person: { name: "Jürgen Weiß", email: "juergen.weiss@example.com", phone: "+49 30 23125-017", customerReference: null },
    entry: "https://www.example.com/kontakt",
    replyTo: "juergen.weiss@example.com",
    attachments: [{ url: "https://www.example.com/uploads/8f3a51/anzeige.jpg", type: "image/jpeg", size: 182044, name: "anzeige.jpg" }],
  },
};

const app = (id, time, type, data) => ({ specversion: "1.0", id, source: "https://api.example.com/app", type, time, data });

const fault = (id, time, text) => ({
  specversion: "1.0",
  id,
  source: "urn:example:fleet:gateway-eu-1",
  type: "contact.device.fault.v1",
  time,
  subject: "cooling",
  data: { device: { serial: "KX7-204-118823", model: "Polar 500", fault: "E07" }, text, language: "en" },
});

const seeds = [
  { file: "01-web-form-with-umlauts", secret: "website", id: form.id, at: "2026-11-20T09:15:00Z", type: structured, body: ascii(JSON.stringify(form)) },
  {
    file: "02-app-message-with-emoji", secret: "website", id: "app-20931", at: "2026-11-20T09:20:31Z", type: structured,
    body: JSON.stringify(app("app-20931", "2026-11-20T09:20:30Z", "contact.app.message.v1", {
      text: "Hi! My parcel says delivered but there is nothing here 📦🤷 Can you help?",
      language: "en-GB",
      conversation: "chat-7712",
      person: { name: "Priya Nair", phone: "+44 20 7946 0123", customerReference: "C-48213", signedIn: true },
      replyTo: "chat-7712",
    })),
  },
  {
    file: "03-app-message-edited", secret: "website", id: "app-20932", at: "2026-11-20T09:21:10Z", type: "Application/CloudEvents+JSON",
    body: JSON.stringify(app("app-20932", "2026-11-20T09:21:09Z", "contact.app.message.edited.v1", {
      message: "app-20931",
      text: "Hi! My parcel says delivered but there is nothing here 📦🤷 Can you help? Order 5512.",
    })),
  },
  {
    file: "04-point-of-sale-visit", secret: "shops", id: "till-4-000871", at: "2026-11-20T11:02:14Z", type: structured,
    body: JSON.stringify({
      specversion: "1.0", id: "till-4-000871", source: "https://tills.example.com/berlin-mitte", type: "contact.pos.visit.v1", time: "2026-11-20T12:02:11+01:00",
      data: {
        subject: "Rückgabe ohne Bon",
        text: "Kundin möchte eine Kaffeemaschine zurückgeben, der Bon fehlt. Rückruf vereinbart.",
        language: "de", entry: "Filiale Berlin Mitte, Kasse 4",
        person: { name: "Frau Öztürk", phone: "030 23125 044" },
        occurredAt: "2026-11-20T11:58:00+01:00",
        extras: { article: "KM-2200", till: 4 },
      },
    }),
  },
  { file: "05-device-fault", secret: "fleet", id: "d-55120-1", at: "2026-11-20T13:40:02Z", type: structured, body: JSON.stringify(fault("d-55120-1", "2026-11-20T13:40:00Z", "Compressor does not start.")) },
  { file: "06-device-fault-again", secret: "fleet", id: "d-55120-2", at: "2026-11-20T13:55:02Z", type: structured, body: JSON.stringify(fault("d-55120-2", "2026-11-20T13:55:00Z", "Compressor still does not start, inside 11 °C.")) },
  {
    file: "07-batch-with-a-bad-element", secret: "website", id: "batch-31", at: "2026-11-20T14:00:00Z", type: batch,
    body: JSON.stringify([
      { ...form, id: "form-8f3b02", time: "2026-11-20T13:58:12Z", data: { text: "Wann kommt der Techniker am Montag?", language: "de", person: { email: "k.lang@example.com" } } },
      { ...form, id: "form-8f3b03", specversion: "0.3", data: { text: "An old client library sent this one.", person: { email: "old@example.com" } } },
      { ...form, id: "form-8f3b04", time: null, data: "{\"text\":\"A text in quotes is a text, not a document.\"}" },
    ]),
  },
  {
    file: "08-binary-mode-with-percent-encoded-subject", secret: "website", id: "form-8f3c10", at: "2026-11-20T15:10:05Z", type: "application/json",
    headers: {
      "ce-specversion": "1.0", "ce-id": "form-8f3c10", "ce-source": "https://www.example.com/kontakt", "ce-type": "contact.form.submitted.v1",
      "ce-time": "2026-11-20T15:10:04Z", "ce-subject": "R%C3%BCckfrage%20zur%20Rechnung%20%E2%82%AC%2049%2C90",
    },
    body: JSON.stringify({ text: "Warum steht auf der Rechnung ein Aufschlag von 49,90 €?", language: "de", person: { name: "Ayşe Demir", email: "ayse.demir@example.com" } }),
  },
  { file: "09-web-form-sent-again", secret: "website", id: form.id, at: "2026-11-20T15:20:00Z", type: structured, body: ascii(JSON.stringify(form)) },
  {
    file: "10-bad-signature", secret: "website", id: "form-8f3d77", at: "2026-11-20T15:30:00Z", type: structured, body: JSON.stringify({ ...form, id: "form-8f3d77" }),
    spoil: (body) => body.replace("juergen.weiss@example.com", "somebody.else@example.com"),
  },
  {
    file: "11-unknown-type", secret: "website", id: "app-20940", at: "2026-11-20T16:00:00Z", type: structured,
    body: JSON.stringify(app("app-20940", "2026-11-20T15:59:59Z", "contact.app.videocall.v1", { room: "r-1" })),
  },
  { file: "12-options-handshake", method: "OPTIONS", headers: { "WebHook-Request-Origin": "events.example.com", "WebHook-Request-Rate": "120" } },
  { file: "13-a-till-speaks-for-a-device", secret: "shops", id: "d-99999-1", at: "2026-11-20T16:10:00Z", type: structured, body: JSON.stringify(fault("d-99999-1", "2026-11-20T16:09:59Z", "Made up.")) },
];

for (const seed of seeds) {
  const headers = { ...(seed.type && { "Content-Type": seed.type }), ...seed.headers };
  if (seed.secret) {
    const at = new Date(seed.at);
    headers["webhook-id"] = seed.id;
    headers["webhook-timestamp"] = String(at.getTime() / 1000);
    headers["webhook-signature"] = new Webhook(secrets[seed.secret]).sign(seed.id, at, seed.body);
  }
  const lines = [`${seed.method ?? "POST"} /api/hooks/generic`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
  writeFileSync(`${folder}${seed.file}.headers`, lines.join("\n") + "\n");
  writeFileSync(`${folder}${seed.file}.body`, (seed.spoil ?? String)(seed.body ?? ""));
}
