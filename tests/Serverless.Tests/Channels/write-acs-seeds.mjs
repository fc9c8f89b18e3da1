// Writes the .headers and .body files of seeds/acs. Event Grid signs nothing: the secret of settings.json goes into the header that its subscription would carry.
// Events of a call carry a token of Call Automation, made by the npm library jsonwebtoken with a key that is written into outside.json; it ends late, so that the seeds last.
// Run from the repository root:  node tests/Serverless.Tests/Channels/write-acs-seeds.mjs
import { createHmac, generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import jwt from "jsonwebtoken";

const folder = fileURLToPath(new URL("../../../seeds/acs/", import.meta.url));
const settings = JSON.parse(readFileSync(folder + "settings.json", "utf8"));
const secret = settings.Channels__Acs__Secret;
const topic = "/subscriptions/00000000-0000-0000-0000-000000000001/resourcegroups/contact/providers/microsoft.communication/communicationservices/beispiel-acs";
const whatsapp = "0f6d5b7e-5b1f-4b7f-9a56-2f1f4f4c9b01";
const call = "aHR0cHM6Ly9leGFtcGxlLmNvbS9jYWxsLzE";

const answered = "aHR0cHM6Ly9leGFtcGxlLmNvbS9jYWxsLzI";
const place = (then) => `${then}|0|0|+493023125481|+442079460303`;

const event = (id, type, subject, eventTime, data) => ({ id, topic, subject, data, eventType: `Microsoft.Communication.${type}`, dataVersion: "1.0", metadataVersion: "1", eventTime });
const cloud = (id, type, subject, time, data) => ({ id, source: topic, subject, data, type: `Microsoft.Communication.${type}`, time, specversion: "1.0" });
const mid = (id, type, time, data) => ({ id, source: "calling/callConnections/401f0000-7c3e-4b1a-9d55-000000000001", type: `Microsoft.Communication.${type}`, data: { callConnectionId: "401f0000-7c3e-4b1a-9d55-000000000001", serverCallId: answered, correlationId: "5ff1c9b5-4b0e-4a0a-8a9e-000000000002", ...data }, time, specversion: "1.0", datacontenttype: "application/json", subject: "calling/callConnections/401f0000-7c3e-4b1a-9d55-000000000001" });
const person = (value) => ({ rawId: `4:${value}`, kind: "phoneNumber", phoneNumber: { value } });
const sms = (n, at, message) => event(`Incoming_20261120${n}`, "SMSReceived", "/phonenumber/493023125480", at, { messageId: `Incoming_20261120${n}`, from: "4915123456701", to: "493023125480", message, receivedTimestamp: at, segmentCount: 1 });
const message = (id, at, more) => event(id, "AdvancedMessageReceived", `advancedMessage/sender/442079460301/recipient/${whatsapp}`, at, { channelType: "whatsapp", from: "442079460301", to: whatsapp, receivedTimestamp: at, ...more });

const seeds = [
  ["01-validation", "aeg", [{ id: "2d1781af-3a4c-4d7c-bd0c-e34b19da4e66", topic, subject: "", data: { validationCode: "512d38b6-c7b8-40c8-89fe-f46f9e9622b6", validationUrl: "https://rp-westeurope.eventgrid.azure.net:553/eventsubscriptions/contacts/validate?id=1" }, eventType: "Microsoft.EventGrid.SubscriptionValidationEvent", eventTime: "2026-11-20T09:00:00Z", metadataVersion: "1", dataVersion: "2" }], { "aeg-event-type": "SubscriptionValidation", "aeg-subscription-name": "CONTACTS" }],
  ["02-consent", "options"],
  ["03-sms", "aeg", [sms("101500aa", "2026-11-20T10:15:00.32Z", "Guten Tag, wann öffnet die Filiale in Köln? 😊")]],
  ["04-batch-with-a-bad-element", "aeg", [
    sms("101700bb", "2026-11-20T10:17:00Z", "Und am Samstag?"),
    { ...sms("101701cc", "2026-11-20T10:17:01Z", "x"), data: { messageId: "Incoming_20261120101701cc", message: "no sender" } },
    event("Outgoing_20261120101800dd", "SMSDeliveryReportReceived", "/phonenumber/493023125480", "2026-11-20T10:18:00Z", { messageId: "Outgoing_20261120101800dd", from: "493023125480", to: "+4915123456701", deliveryStatus: "Delivered", deliveryStatusDetails: "No error.", receivedTimestamp: "2026-11-20T10:18:00Z", Tag: "0192f1a0c0de7abc8def001122334455" }),
  ]],
  ["05-whatsapp-text-without-message-id", "aeg", [message("7a0c7c66-0f0e-4d0d-9f55-6c1d1b1c0001", "2026-11-20T10:30:19+00:00", { messageType: "text", content: "Hi, my order 5512 arrived broken." })]],
  ["06-whatsapp-picture-as-bare-object", "aeg", message("7a0c7c66-0f0e-4d0d-9f55-6c1d1b1c0002", "2026-11-20T10:30:40+00:00", { messageId: "9b1c0000-0000-4000-8000-000000000002", messageType: "image", media: { mimeType: "image/jpeg", id: "4f1d0000-0000-4000-8000-00000000000a", caption: "Here is a photo" } })],
  ["07-whatsapp-button-reaction-and-status", "cloud", [
    cloud("c-1", "AdvancedMessageReceived", "advancedMessage", "2026-11-20T10:40:00Z", { channelType: "whatsapp", messageType: "button", messageId: "9b1c0000-0000-4000-8000-000000000003", context: { from: whatsapp, id: "9b1c0000-0000-4000-8000-0000000000ff" }, button: { text: "Yes, call me", payload: "call-me" }, from: "442079460301", to: whatsapp, receivedTimestamp: "2026-11-20T10:40:00+00:00" }),
    cloud("c-2", "AdvancedMessageReceived", "advancedMessage", "2026-11-20T10:40:05Z", { channelType: "whatsapp", messageType: "reaction", reaction: { messageId: "9b1c0000-0000-4000-8000-0000000000ff", emoji: "👍" }, from: "442079460301", to: whatsapp, receivedTimestamp: "2026-11-20T10:40:05+00:00" }),
    cloud("c-3", "AdvancedMessageDeliveryStatusUpdated", "advancedMessage", "2026-11-20T10:40:09Z", { channelType: "whatsapp", status: "Failed", messageId: "9b1c0000-0000-4000-8000-0000000000fe", error: { channelCode: "131047", channelMessage: "Re-engagement message" }, from: whatsapp, to: "442079460301", receivedTimestamp: "2026-11-20T10:40:09+00:00" }),
  ]],
  ["08-incoming-call", "aeg", [event("8c5d0000-0000-4000-8000-000000000001", "IncomingCall", "/caller/4:+442079460302/recipient/4:+493023125481", "2026-11-20T11:00:00.5Z", { to: { kind: "phoneNumber", rawId: "4:+493023125481", phoneNumber: { value: "+493023125481" } }, from: { kind: "phoneNumber", rawId: "4:+442079460302", phoneNumber: { value: "+442079460302" } }, serverCallId: call, callerDisplayName: "", incomingCallContext: "eyJhbGciOiJub25lIn0.e30.", correlationId: "5ff1c9b5-4b0e-4a0a-8a9e-000000000001" })]],
  ["09-recording-of-the-call", "aeg", [event("8c5d0000-0000-4000-8000-000000000002", "RecordingFileStatusUpdated", `/recording/call/5ff1c9b5/serverCallId/${call}/recordingId/r-1`, "2026-11-20T11:09:00Z", { recordingStorageInfo: { recordingChunks: [{ documentId: "0-weu-d1-0001", index: 0, endReason: "SessionEnded", contentLocation: "https://storage.asm.skype.com/v1/objects/0-weu-d1-0001/content/audio", metadataLocation: "https://storage.asm.skype.com/v1/objects/0-weu-d1-0001/content/acsmetadata" }] }, recordingStartTime: "2026-11-20T11:00:30Z", recordingDurationMs: 480000, sessionEndReason: "CallEnded" })]],
  ["10-call-between-colleagues", "aeg", [event("8c5d0000-0000-4000-8000-000000000003", "CallEnded", "call/x", "2026-11-20T11:30:00Z", { durationOfCall: 49.7, serverCallId: "x", isTwoParty: true })]],
  ["11-subscription-deleted", "aeg", [{ ...event("8c5d0000-0000-4000-8000-000000000004", "x", "", "2026-11-20T11:40:00Z", { eventSubscriptionId: `${topic}/providers/Microsoft.EventGrid/eventSubscriptions/contacts` }), eventType: "Microsoft.EventGrid.SubscriptionDeletedEvent" }], { "aeg-event-type": "SubscriptionDeletion" }],
  ["12-unknown-event", "aeg", [event("8c5d0000-0000-4000-8000-000000000005", "ChatMessageReceivedInThread", "thread/19:1", "2026-11-20T11:50:00Z", { messageBody: "Hello" })]],
  ["13-wrong-secret", "aeg", [sms("120000ee", "2026-11-20T12:00:00Z", "Forged")], {}, "another-secret"],
  ["14-sms-again", "aeg", [sms("101500aa", "2026-11-20T10:15:00.32Z", "Guten Tag, wann öffnet die Filiale in Köln? 😊")]],
  ["15-a-call-that-we-answer", "cloud", [cloud("c-10", "IncomingCall", "/caller/4:+442079460303/recipient/4:+493023125481", "2026-11-20T12:10:00Z", { to: { kind: "phoneNumber", rawId: "4:+493023125481", phoneNumber: { value: "+493023125481" } }, from: { kind: "phoneNumber", rawId: "4:+442079460303", phoneNumber: { value: "+442079460303" } }, serverCallId: answered, callerDisplayName: "", incomingCallContext: "eyJhbGciOiJub25lIn0.e30.", correlationId: "5ff1c9b5-4b0e-4a0a-8a9e-000000000002" })]],
  ["16-we-are-on-the-line", "call", [mid("m-1", "CallConnected", "2026-11-20T12:10:02Z", { operationContext: place("Begin") }), mid("m-2", "ParticipantsUpdated", "2026-11-20T12:10:02Z", { sequenceNumber: 1, participants: [{ identifier: { rawId: "4:+442079460303" }, isMuted: false }, { identifier: { rawId: "8:acs:1" }, isMuted: false }] })]],
  ["17-one-is-not-reached", "call", [mid("m-3", "PlayCompleted", "2026-11-20T12:10:08Z", { operationContext: place("Ring"), resultInformation: { code: 200, subCode: 0, message: "Action completed successfully." } }), mid("m-4", "AddParticipantFailed", "2026-11-20T12:10:30Z", { operationContext: place("Ring"), participant: person("+493023125111"), resultInformation: { code: 487, subCode: 560487, message: "No answer." } })]],
  ["18-another-answers", "call", [mid("m-5", "AddParticipantSucceeded", "2026-11-20T12:10:41Z", { operationContext: place("Ring").replace("|0|0|", "|0|1|"), participant: person("+493023125112") })]],
  ["19-the-call-is-over", "call", [mid("m-6", "CallDisconnected", "2026-11-20T12:14:00Z", { resultInformation: { code: 200, subCode: 7000, message: "The conversation has ended." } })]],
  ["20-an-event-for-another-resource", "call", [mid("m-7", "CallDisconnected", "2026-11-20T12:15:00Z", {})], {}, "6c0e3b4e-0000-4000-8000-0000000000ff"],
];

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const token = (audience) => jwt.sign({ iss: "https://acscallautomation.communication.azure.com", aud: audience, exp: 2082758400 }, privateKey, { algorithm: "RS256", noTimestamp: true, header: { kid: "seed-key-1", typ: "JWT" } });
const proof = createHmac("sha256", secret).update(`beispiel-acs/${answered}`).digest("base64url");
const address = `/api/hooks/acs/calls/beispiel-acs/${Buffer.from(answered).toString("base64url")}/${proof}`;
writeFileSync(folder + "outside.json", JSON.stringify({
  "GET /acsopenidconfiguration": { issuer: "https://acscallautomation.communication.azure.com", jwks_uri: "/acs/keys" },
  "GET /keys": { keys: [{ ...publicKey.export({ format: "jwk" }), kid: "seed-key-1", use: "sig" }] },
}, null, 2) + "\n");

for (const [name, kind, body, more, key] of seeds) {
  const headers = kind === "options"
    ? { "WebHook-Request-Origin": "eventgrid.azure.net" }
    : kind === "call"
    ? { "Content-Type": "application/cloudevents-batch+json; charset=utf-8", Authorization: `Bearer ${token(key ?? settings.Channels__Acs__ResourceId)}` }
    : { "Content-Type": kind === "cloud" ? "application/cloudevents-batch+json; charset=utf-8" : "application/json; charset=utf-8", "aeg-event-type": "Notification", "x-webhook-secret": key ?? secret, ...more };
  const lines = [`${kind === "options" ? "OPTIONS" : "POST"} ${kind === "call" ? address : "/api/hooks/acs"}`, ...Object.entries(headers).map(([header, value]) => `${header}: ${value}`)];
  writeFileSync(`${folder}${name}.headers`, lines.join("\n") + "\n");
  writeFileSync(`${folder}${name}.body`, body ? JSON.stringify(body) : "");
}
