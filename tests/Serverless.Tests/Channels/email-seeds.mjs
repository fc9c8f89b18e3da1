// Writes seeds/email: deliveries as Microsoft Graph sends them and the messages it holds. States are HMACs, tokens come from the npm library `jsonwebtoken`, rich content is
// encrypted by Node's own crypto as Graph documents it; none of our code takes part. Keys are made anew with each run, so the rich seeds differ from run to run.
// The .expected.json are written by hand and left alone; settings.json, outside.json and the rest are written here.
// Run from the repository root after `npm ci`:  node tests/Serverless.Tests/Channels/email-seeds.mjs
import { createCipheriv, createHash, createHmac, generateKeyPairSync, publicEncrypt, randomBytes, constants } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import jwt from "jsonwebtoken";

const folder = fileURLToPath(new URL("../../../seeds/email/", import.meta.url));
const secret = "a-fake-secret-for-seeds-only-0123456789";
const tenant = "5d1c0a4e-0000-4000-8000-00000000beef";
const app = "7a9b1c2d-0000-4000-8000-00000000cafe";
const service = "service@example.com";
const spares = "ersatzteile@example.com";
const base64url = (bytes) => Buffer.from(bytes).toString("base64url");
const state = (mailbox, where, by = secret) => `${mailbox}.${where}.${base64url(createHmac("sha256", by).update(`${mailbox}.${where}`).digest().subarray(0, 16))}`;

// Certificate and key of rich notifications.
const scratch = mkdtempSync(`${tmpdir()}/seeds-`);
execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=seeds.example.com", "-keyout", `${scratch}/key.pem`, "-out", `${scratch}/cert.pem`], { stdio: "ignore" });
const certificate = readFileSync(`${scratch}/cert.pem`, "utf8");
const certificateKey = readFileSync(`${scratch}/key.pem`, "utf8");
rmSync(scratch, { recursive: true });

const entra = generateKeyPairSync("rsa", { modulusLength: 2048 });
const token = (claims) => jwt.sign(
  { aud: app, iss: `https://sts.windows.net/${tenant}/`, tid: tenant, appid: "0bf30f3b-4a52-48df-9a82-234910c4a086", iat: 1795165200, nbf: 1795165200, exp: 4102444800, ver: "1.0", ...claims },
  entra.privateKey, { algorithm: "RS256", header: { kid: "seed-key-1", typ: "JWT" } });

const encrypted = (resource) => {
  const key = randomBytes(32);
  const cipher = createCipheriv("aes-256-cbc", key, key.subarray(0, 16));
  const data = Buffer.concat([cipher.update(JSON.stringify(resource)), cipher.final()]);
  return {
    data: data.toString("base64"),
    dataSignature: createHmac("sha256", key).update(data).digest("base64"),
    dataKey: publicEncrypt({ key: certificate, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" }, key).toString("base64"),
    encryptionCertificateId: "seeds-2026-11",
    encryptionCertificateThumbprint: createHash("sha1").update(certificate).digest("hex").toUpperCase(),
  };
};

const users = { [service]: "1f6b2a30-0000-4000-8000-000000000001", [spares]: "1f6b2a30-0000-4000-8000-000000000002" };
const subscriptions = { "service.inbox": "a1", "service.sentitems": "a2", "spares.inbox": "a3" };
const item = (mailbox, where, id, more = {}) => ({
  subscriptionId: `0f7c3b5e-0000-4000-8000-0000000000${subscriptions[`${mailbox}.${where}`]}`,
  clientState: state(mailbox, where),
  changeType: "created",
  resource: `Users/${users[mailbox === "service" ? service : spares]}/Messages/${id}`,
  subscriptionExpirationDateTime: "2026-11-26T18:23:45.9356913+05:30",
  resourceData: { "@odata.type": "#Microsoft.Graph.Message", "@odata.id": `Users/${users[mailbox === "service" ? service : spares]}/Messages/${id}`, "@odata.etag": `W/"CQAAABYAAAB${id.slice(-6)}"`, id },
  tenantId: tenant,
  ...more,
});

const write = (name, body, { path = "/api/hooks/email", type = "application/json; charset=utf-8", fetched } = {}) => {
  writeFileSync(`${folder}${name}.headers`, `POST ${path}\nContent-Type: ${type}\nUser-Agent: Microsoft Graph Change Notification\n`);
  writeFileSync(`${folder}${name}.body`, body === "" ? "" : JSON.stringify(body));
  if (!fetched) return;
  const documents = fetched.map(([mailbox, where, message]) => [`users/${mailbox}/mailFolders/${where}/messages/${message.id}`, { $path: `/users/${mailbox}/messages/${message.id}`, $document: message }]);
  writeFileSync(`${folder}${name}.fetched.json`, JSON.stringify(Object.fromEntries(documents), null, 2) + "\n");
};

const person = (address, name = address) => ({ emailAddress: { name, address } });
const id = (word) => `AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A${word}AAA=`;
const message = (word, more) => ({
  "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users('x')/messages(id,subject)/$entity",
  "@odata.etag": `W/"CQAAABYAAAB${word.slice(0, 6)}"`,
  id: id(word), isDraft: false, hasAttachments: false, replyTo: [], ccRecipients: [], bccRecipients: [], conversationId: `AAQkAG${word}=`, attachments: [], ...more,
});
const html = (content) => ({ contentType: "html", content });
const text = (content) => ({ contentType: "text", content });
const headers = (pairs) => Object.entries(pairs).map(([name, value]) => ({ name, value }));

const anna = person("anna.weiss@example.org", "Anna Weiß");
const team = person(service, "Service");
const first = "<6f1c-washer@mail.example.org>";
const answer = "<AM0PR01MB0001.washer-answer@example.com>";

write("01-handshake", "", { path: "/api/hooks/email?validationToken=Validation%3a+Testing+client+application+reachability+for+subscription+Request-Id%3a+522a8e7e-096a-494c-aaf1-ac0dcfca45b7", type: "text/plain; charset=utf-8" });
write("02-handshake-lifecycle-with-markup", "", { path: "/api/hooks/email/lifecycle?s=5be1&validationToken=%3Cscript%3Ealert%281%29%3C%2Fscript%3E%2B%20Gr%C3%BC%C3%9Fe", type: "text/plain; charset=utf-8" });

write("03-customer-writes", { value: [item("service", "inbox", id("washer01"))] }, { fetched: [[service, "inbox", message("washer01", {
  internetMessageId: first, subject: "Waschmaschine verliert Wasser", from: anna, sender: anna, toRecipients: [team],
  receivedDateTime: "2026-11-20T08:02:11Z", sentDateTime: "2026-11-20T08:02:07Z", bodyPreview: "Guten Tag, unsere Waschmaschine verliert",
  internetMessageHeaders: headers({ "Received": "from mail.example.org (192.0.2.7)", "Message-ID": first, "Content-Language": "de-DE", "MIME-Version": "1.0", "X-Auto-Response-Suppress": "DR, OOF" }),
  body: text("Guten Tag,\r\n\r\nunsere Waschmaschine (Modell WX-480, zwei Jahre alt) verliert beim Schleudern Wasser.\r\nKönnen Sie jemanden schicken?\r\n\r\nMit freundlichen Grüßen\r\nAnna Weiß\r\n-- \r\nAnna Weiß · Lindenweg 4 · 50667 Köln\r\n"),
  uniqueBody: text("Guten Tag,\r\n\r\nunsere Waschmaschine (Modell WX-480, zwei Jahre alt) verliert beim Schleudern Wasser.\r\nKönnen Sie jemanden schicken?\r\n\r\nMit freundlichen Grüßen\r\nAnna Weiß\r\n-- \r\nAnna Weiß · Lindenweg 4 · 50667 Köln\r\n"),
})]] });

write("04-colleague-answers-in-outlook", { value: [item("service", "sentitems", id("washer02"))] }, { fetched: [[service, "sentitems", message("washer02", {
  internetMessageId: answer, subject: "AW: Waschmaschine verliert Wasser", from: team, sender: team, toRecipients: [anna],
  receivedDateTime: "2026-11-20T08:41:00Z", sentDateTime: "2026-11-20T08:41:00Z", bodyPreview: "Guten Tag Frau Weiß",
  // Sent Items carry no internetMessageHeaders; these two properties stand for References and In-Reply-To.
  singleValueExtendedProperties: [{ id: "String 0x1039", value: first }, { id: "String 0x1042", value: first }],
  body: html(`<html><head><meta charset="utf-8"><style>p{margin:0}</style></head><body><p>Guten Tag Frau Weiß,</p><p>am Montag zwischen 10 und 12 Uhr kommt unser Techniker.</p><div id="Signature"><p>Ihr Service-Team</p></div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>Von:</b> Anna Weiß<br><b>Gesendet:</b> Freitag, 20. November 2026 09:02<br><b>Betreff:</b> Waschmaschine verliert Wasser</div><p>Guten Tag, unsere Waschmaschine ...</p></body></html>`),
})]] });

write("05-customer-replies-in-thread", { value: [item("service", "inbox", id("washer03"))] }, { fetched: [[service, "inbox", message("washer03", {
  internetMessageId: "<CAF0001-washer@mail.example.org>", subject: "Re: AW: Waschmaschine verliert Wasser", from: person("Anna.Weiss@example.org", "Anna Weiß"), sender: anna, toRecipients: [team],
  receivedDateTime: "2026-11-20T09:05:30Z", sentDateTime: "2026-11-20T09:05:28Z", bodyPreview: "Montag passt",
  internetMessageHeaders: headers({ "In-Reply-To": answer, "References": `${first}\r\n ${answer}`, "Message-ID": "<CAF0001-washer@mail.example.org>" }),
  body: html(`<html><body><div dir="ltr">Montag passt, danke!<br>Bitte bei &bdquo;Wei&szlig;&ldquo; klingeln.</div><div><br clear="all"></div><div class="gmail_signature">Anna Weiß</div><br><div class="gmail_quote"><div class="gmail_attr">Am Fr., 20. Nov. 2026 um 09:41 Uhr schrieb Service &lt;service@example.com&gt;:<br></div><blockquote class="gmail_quote"><p>am Montag zwischen 10 und 12 Uhr kommt unser Techniker.</p></blockquote></div></body></html>`),
})]] });

write("06-html-with-attachments", { value: [item("service", "inbox", id("invoice1"))] }, { fetched: [[service, "inbox", message("invoice1", {
  internetMessageId: "<invoice-77@mail.example.net>", subject: "Wrong amount on invoice 77", from: person("j.okafor@example.net", "Joy Okafor"), sender: person("j.okafor@example.net", "Joy Okafor"),
  toRecipients: [team, person("books@example.net")], ccRecipients: [person("m.okafor@example.net", "Michael Okafor")], replyTo: [person("home@example.net", "The Okafors")],
  receivedDateTime: "2026-11-20T09:30:00Z", sentDateTime: "2026-11-20T09:29:58Z", hasAttachments: true, bodyPreview: "Hello",
  internetMessageHeaders: headers({ "Message-ID": "<invoice-77@mail.example.net>", "Content-Language": "en-GB, de-DE", "Content-Type": "multipart/mixed; boundary=\"broken" }),
  body: html(`<html><body><p>Hello,</p><p>you charged <b>£&nbsp;129.00</b> instead of £&nbsp;29.00, see <img src="cid:pic1"> and the files.</p><ul><li>invoice</li><li>our order</li></ul><script>alert("x")</script><p>Sent from my iPhone</p></body></html>`),
  attachments: [
    { "@odata.type": "#microsoft.graph.fileAttachment", "@odata.mediaContentType": "application/pdf", id: "AAkFile77=", name: "Rechnung Nr. 77.pdf", contentType: "application/pdf", size: 48213, isInline: false },
    { "@odata.type": "#microsoft.graph.fileAttachment", id: "AAkPic1=", name: "image001.png", contentType: "image/png", size: 2011, isInline: true },
    { "@odata.type": "#microsoft.graph.itemAttachment", id: "AAkOrder=", name: "Our order", contentType: null, size: 9120, isInline: false },
    { "@odata.type": "#microsoft.graph.referenceAttachment", id: "AAkLink=", name: "Photos", contentType: "application/octet-stream", size: 0, isInline: false },
  ],
})]] });

write("07-batch-with-a-foreign-state", { value: [
  item("spares", "inbox", id("hinge001")),
  item("service", "inbox", id("nobody01"), { clientState: state("service", "inbox", "an-older-secret-that-nobody-set-any-more") }),
  item("service", "inbox", id("kettle01")),
] }, { fetched: [
  [spares, "inbox", message("hinge001", {
    internetMessageId: "<hinge@mail.example.org>", subject: "Scharnier für Backofen", from: person("p.lindner@example.org", "'p.lindner@example.org'"), toRecipients: [person(spares)],
    receivedDateTime: "2026-11-20T10:00:00Z", sentDateTime: "2026-11-20T09:59:59Z", internetMessageHeaders: headers({ "Message-ID": "<hinge@mail.example.org>" }),
    body: text("Haben Sie das linke Scharnier noch auf Lager?\n\nVon meinem iPhone gesendet"),
  })],
  [service, "inbox", message("kettle01", {
    internetMessageId: "<kettle@mail.example.net>", subject: "Kettle [#7KMD4RT3]", from: person("sam@example.net", "Sam Price"), toRecipients: [team],
    receivedDateTime: "2026-11-20T10:00:02Z", sentDateTime: "2026-11-20T10:00:01Z", internetMessageHeaders: headers({ "Message-ID": "<kettle@mail.example.net>" }),
    body: text("The new kettle works. Thank you for being so quick!"),
  })],
] });

write("08-rich-notification", { value: [item("service", "inbox", id("fridge01"), { encryptedContent: encrypted({ "@odata.type": "#microsoft.graph.message", id: id("fridge01") }) })], validationTokens: [token({})] }, { fetched: [[service, "inbox", message("fridge01", {
  internetMessageId: "<fridge@mail.example.org>", subject: "Kühlschrank brummt", from: person("j.wagner@example.org", "Jürgen Wagner"), toRecipients: [team],
  receivedDateTime: "2026-11-20T10:15:00Z", sentDateTime: "2026-11-20T10:14:59Z", internetMessageHeaders: headers({ "Message-ID": "<fridge@mail.example.org>" }),
  body: html("<p>Der neue Kühlschrank brummt nachts so laut, dass wir nicht schlafen können 😴.</p>"),
})]] });

write("09-absence-note", { value: [item("service", "inbox", id("washer04"))] }, { fetched: [[service, "inbox", message("washer04", {
  internetMessageId: "<ooo-1@mail.example.org>", subject: "Automatische Antwort: AW: Waschmaschine verliert Wasser", from: anna, toRecipients: [team],
  receivedDateTime: "2026-11-20T10:20:00Z", sentDateTime: "2026-11-20T10:20:00Z",
  internetMessageHeaders: headers({ "Auto-Submitted": "auto-replied (vacation)", "Return-Path": "<>", "In-Reply-To": answer, "References": `${first} ${answer}` }),
  body: text("Ich bin bis Sonntag nicht erreichbar."),
})]] });

write("10-bounce", { value: [item("service", "inbox", id("washer05"))] }, { fetched: [[service, "inbox", message("washer05", {
  internetMessageId: "<dsn-1@mx.example.org>", subject: "Undelivered Mail Returned to Sender", from: person("MAILER-DAEMON@mx.example.org", "Mail Delivery System"), toRecipients: [team],
  receivedDateTime: "2026-11-20T10:21:00Z", sentDateTime: "2026-11-20T10:21:00Z", hasAttachments: true,
  internetMessageHeaders: headers({ "Return-Path": "<>", "Auto-Submitted": "auto-replied", "Content-Type": "multipart/report; report-type=delivery-status; boundary=\"x\"", "X-Failed-Recipients": "anna.weiss@example.org", "References": first }),
  body: text("<anna.weiss@example.org>: host mx.example.org said: 552 5.2.2 Mailbox full"),
  attachments: [{ "@odata.type": "#microsoft.graph.itemAttachment", id: "AAkOrig=", name: "AW: Waschmaschine verliert Wasser", contentType: "message/rfc822", size: 3120, isInline: false }],
})]] });

write("11-newsletter", { value: [item("service", "inbox", id("newsle01"))] }, { fetched: [[service, "inbox", message("newsle01", {
  internetMessageId: "<n-4711@news.example.net>", subject: "Unsere Angebote im Advent", from: person("news@news.example.net", "Großhandel"), toRecipients: [team],
  receivedDateTime: "2026-11-20T10:25:00Z", sentDateTime: "2026-11-20T10:25:00Z",
  internetMessageHeaders: headers({ "List-Unsubscribe": "<https://news.example.net/u>", "Precedence": "bulk" }), body: html("<table><tr><td>Backofen</td><td>299 €</td></tr></table>"),
})]] });

write("12-no-message-id-and-forty-recipients", { value: [item("service", "inbox", id("crowd001"))] }, { fetched: [[service, "inbox", message("crowd001", {
  subject: null, from: person("committee@example.net"), toRecipients: [team, ...Array.from({ length: 40 }, (_, i) => person(`member${i + 1}@example.net`))],
  receivedDateTime: "2026-11-20T10:30:00Z", sentDateTime: null, internetMessageHeaders: null, bodyPreview: "Who can look at", body: { contentType: "html", content: "" }, uniqueBody: null,
})]] });

write("13-notifications-missed", { value: [{ subscriptionId: "0f7c3b5e-0000-4000-8000-0000000000a1", subscriptionExpirationDateTime: "2026-11-26T18:23:45.9356913Z", tenantId: tenant, clientState: state("service", "inbox"), lifecycleEvent: "missed" }] }, { path: "/api/hooks/email/lifecycle" });
write("14-mail-was-read", { value: [item("service", "inbox", id("washer01"), { changeType: "updated" })] });

write("15-web-form-in-our-name", { value: [item("service", "inbox", id("webform1"))] }, { fetched: [[service, "inbox", message("webform1", {
  internetMessageId: "<wp-1@www.example.com>", subject: "Kontaktformular", from: team, sender: team, replyTo: [person("k.brandt@example.org", "Karin Brandt")], toRecipients: [team],
  receivedDateTime: "2026-11-20T10:40:00Z", sentDateTime: "2026-11-20T10:40:00Z", internetMessageHeaders: headers({ "Auto-Submitted": "auto-generated" }), body: text("Name: Karin Brandt\nNachricht: Bitte rufen Sie mich zurück."),
})]] });

write("16-wrong-state", { value: [item("service", "inbox", id("forged01"), { clientState: state("service", "inbox", "somebody-elses-secret-of-some-length") })] });
write("17-rich-with-one-token-of-another-application", { value: [item("service", "inbox", id("forged02"), { encryptedContent: encrypted({ id: id("forged02") }) })], validationTokens: [token({}), token({ appid: "00000003-0000-0000-c000-000000000000" })] });
write("18-first-mail-told-again", { value: [item("service", "inbox", id("washer01"), { subscriptionExpirationDateTime: "2026-11-27T18:23:45.9356913Z" })] }, { fetched: [[service, "inbox", JSON.parse(readFileSync(`${folder}03-customer-writes.fetched.json`, "utf8"))[`users/${service}/mailFolders/inbox/messages/${id("washer01")}`].$document]] });

const key = entra.publicKey.export({ format: "jwk" });
writeFileSync(`${folder}outside.json`, JSON.stringify({
  "GET /openid-configuration": { issuer: "https://sts.windows.net/{tenantid}/", jwks_uri: "/email/keys" },
  "GET /keys": { keys: [{ ...key, kid: "seed-key-1", use: "sig", issuer: "https://login.microsoftonline.com/{tenantid}/v2.0" }] },
}, null, 2) + "\n");
writeFileSync(`${folder}settings.json`, JSON.stringify({
  Channels__Email__Enabled: "true",
  Channels__Email__ClientState: secret,
  Channels__Email__Mailboxes__service__Address: service,
  Channels__Email__Mailboxes__spares__Address: spares,
  Channels__Email__TenantId: tenant,
  Channels__Email__AppId: app,
  Channels__Email__CertificateId: "seeds-2026-11",
  Channels__Email__Certificate: certificate + certificateKey,
  Channels__Email__GraphUrl: "{provider}/email",
  Channels__Email__OpenIdUrl: "{provider}/email/openid-configuration",
  Channels__Email__AccessToken: "a-fake-token-for-the-stand-in",
}, null, 2) + "\n");
