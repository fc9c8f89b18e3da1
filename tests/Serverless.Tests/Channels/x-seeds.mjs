// Writes the .headers and .body files of seeds/x, signed as X publishes it (https://docs.x.com/x-api/webhooks/quickstart) with Node's own crypto, not with our code.
// The same input gives the same bytes. The .expected.json beside them are written by hand and left alone.
// Run from the repository root:  node tests/Serverless.Tests/Channels/x-seeds.mjs
import { createHmac } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../../seeds/x/", import.meta.url));
const settings = JSON.parse(readFileSync(folder + "settings.json", "utf8"));
const sign = (body, secret = settings.Channels__X__ConsumerSecret) => "sha256=" + createHmac("sha256", secret).update(body).digest("base64");

const us = "1700000000000000011";
const usEnglish = "1700000000000000022";
const jana = { id: "1811111111111111101", name: "Jana Köhler", username: "jana_koehler_fg", protected: false };
const tom = { id: "1822222222222222202", name: "Tom Ashworth", username: "tomashworth_uk", protected: false };
const own = { id: us, name: "Beispiel Technik", username: "beispieltechnik", protected: false };

const activity = (uuid, type, account, payload, includes) =>
  JSON.stringify({ data: { event_uuid: uuid, filter: { user_id: account }, event_type: type, tag: "contact", payload, ...(includes ? { includes } : {}) } });

const complaint = {
  paid_partnership: false, created_at: "2026-11-20T08:41:07.000Z", edit_history_tweet_ids: ["2130000000000000003"], conversation_id: "2130000000000000003",
  text: "@beispieltechnik Seit dem Update heute früh heizt die Anlage nicht mehr, Display zeigt F4. Wir frieren! Was können wir tun? https://t.co/Ab1Cd2Ef3g",
  entities: { mentions: [{ start: 0, end: 16, username: "beispieltechnik", id: us }] },
  attachments: { media_keys: ["3_2130000000000000001"] },
  author_id: jana.id, possibly_sensitive: false, reply_settings: "everyone", id: "2130000000000000003", lang: "de",
};
const photo = { media_key: "3_2130000000000000001", type: "photo", url: "https://pbs.twimg.com/media/GxExampleF4.jpg", width: 1200, height: 900 };
const edited = {
  ...complaint, id: "2130000000000000009", created_at: "2026-11-20T08:52:40.000Z", edit_history_tweet_ids: ["2130000000000000003", "2130000000000000009"],
  text: "@beispieltechnik Seit dem Update heute früh heizt die Anlage nicht mehr, Display zeigt F4. Gerät: Polar 500. Was können wir tun? https://t.co/Ab1Cd2Ef3g",
};
const answer = {
  created_at: "2026-11-20T09:03:15.000Z", edit_history_tweet_ids: ["2130000000000000012"], conversation_id: "2130000000000000003", in_reply_to_tweet_id: "2130000000000000003",
  in_reply_to_user_id: jana.id, referenced_tweets: [{ type: "replied_to", id: "2130000000000000003" }],
  text: "@jana_koehler_fg Das tut uns leid. Bitte einmal für 30 Sekunden vom Strom nehmen &amp; neu starten, wir melden uns gleich per Nachricht.",
  author_id: us, reply_settings: "everyone", id: "2130000000000000012", lang: "de",
};
const oldUser = (user) => ({ id: Number(user.id), id_str: user.id, name: user.name, screen_name: user.username, location: null, followers_count: 12 });
const words = "Ordered a replacement door seal on 2 November, order 20931, still nothing. Support form says my postcode is invalid (it is not: E1 6AN), the phone queue dropped me after 25 minutes, and the tracking page has shown the very same line for nine days now. I would like to know who is looking after this order, please. @example_appliances";
const long = {
  created_at: "Fri Nov 20 10:12:31 +0000 2026", id: 2130000000000000500, id_str: "2130000000000000417", text: words.slice(0, 116) + "… https://t.co/Zz9Yy8Xx7w", display_text_range: [0, 140], truncated: true,
  extended_tweet: { full_text: words, display_text_range: [0, words.length], entities: { user_mentions: [{ screen_name: "example_appliances", name: "Example Appliances", id: Number(usEnglish), id_str: usEnglish, indices: [309, 328] }] } },
  in_reply_to_status_id: null, in_reply_to_status_id_str: null, in_reply_to_user_id: null, in_reply_to_user_id_str: null, is_quote_status: false, user: oldUser(tom), entities: { user_mentions: [] }, lang: "en", timestamp_ms: "1795169551214",
};
const mixed = {
  for_user_id: usEnglish,
  user_has_blocked: false,
  favorite_events: [{ id: "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", created_at: "Fri Nov 20 10:20:00 +0000 2026", timestamp_ms: 1795170000000, favorited_status: { id_str: "2130000000000000001" }, user: oldUser(tom) }],
  follow_events: [{ type: "follow", created_timestamp: "1795170001000", target: oldUser(own), source: oldUser(tom) }],
  tweet_create_events: [
    { created_at: "Fri Nov 20 10:20:02 +0000 2026", id_str: "2130000000000000420", text: "RT @example_appliances: We are open on Saturday.", user: oldUser(tom), retweeted_status: { id_str: "2130000000000000400", user: { id_str: usEnglish } }, entities: { user_mentions: [{ id_str: usEnglish }] } },
    { created_at: "Fri Nov 20 10:20:03 +0000 2026", id_str: "2130000000000000421", text: "Agreed!", user: oldUser(jana), in_reply_to_user_id_str: tom.id, in_reply_to_status_id_str: "2130000000000000419", entities: { user_mentions: [] } },
    { created_at: "Fri Nov 20 10:20:04 +0000 2026", id_str: "2130000000000000422", text: "We are open on Saturday.", user: { id_str: usEnglish, name: "Example Appliances", screen_name: "example_appliances" }, entities: { user_mentions: [] } },
  ],
  direct_message_events: [
    { type: "message_create", id: "2130000000000000430", created_timestamp: "1795170010123", message_create: { target: { recipient_id: usEnglish }, sender_id: tom.id, message_data: { text: "Here is the door, you can see the gap 😕 https://t.co/dm1", entities: { hashtags: [], symbols: [], user_mentions: [], urls: [] }, attachment: { type: "media", media: { id_str: "2130000000000000429", media_url_https: "https://ton.twitter.com/1.1/ton/data/dm/2130000000000000430/2130000000000000429/GapExample.jpg", type: "photo" } } } } },
    { type: "message_create", id: "2130000000000000431", created_timestamp: "1795170070456", message_create: { target: { recipient_id: tom.id }, sender_id: usEnglish, source_app_id: "29820954", message_data: { text: "Thank you, Tom. A new seal leaves today by courier.", entities: { hashtags: [], symbols: [], user_mentions: [], urls: [] } } } },
  ],
  direct_message_indicate_typing_events: [{ created_timestamp: "1795170071000", sender_id: tom.id, target: { recipient_id: usEnglish } }],
  direct_message_mark_read_events: [{ created_timestamp: "1795170072000", sender_id: tom.id, target: { recipient_id: usEnglish }, last_read_event_id: "2130000000000000431" }],
  tweet_delete_events: [{ status: { id: "2130000000000000417", user_id: tom.id }, timestamp_ms: "1795170090000" }],
  poll_close_events: [{ id: "2130000000000000440", winner: "Saturday" }],
  apps: { 29820954: { id: "29820954", name: "Example desk", url: "https://desk.example.com" } },
  users: { [tom.id]: { id: tom.id, name: tom.name, screen_name: tom.username, created_timestamp: "1500000000000" }, [usEnglish]: { id: usEnglish, name: "Example Appliances", screen_name: "example_appliances" } },
};
const dm = (id, at, from, to, text, more = {}) => ({ direct_message_events: [{ type: "message_create", id, created_timestamp: at, message_create: { target: { recipient_id: to }, sender_id: from, message_data: { text, entities: { hashtags: [], symbols: [], user_mentions: [], urls: [] }, ...more } } }], users: { [jana.id]: { data: jana }, [us]: { data: own } } });
const sealed = { conversation_token: "fake-token", id: "8e75466b-56ec-4e88-bddf-b18f7cc60001", created_at_msec: "1795168200500", sender_id: jana.id, conversation_id: `${jana.id}:${us}`, conversation_key_version: "1768236281331", encoded_event: "CwABAAAAFake" };
const quote = {
  created_at: "2026-11-20T11:30:00.000Z", edit_history_tweet_ids: ["2130000000000000600"], conversation_id: "2130000000000000600", referenced_tweets: [{ type: "quoted", id: "2130000000000000012" }],
  text: "Credit where due: two hours later my heating runs again. Danke! &lt;3 https://t.co/Qq1", author_id: tom.id, reply_settings: "everyone", id: "2130000000000000600", lang: "en",
};

const seeds = [
  { file: "03-mention-heating-fault", body: activity("2130765813578191303", "post.mention.create", us, complaint, { users: [jana, own], media: [photo] }) },
  { file: "04-long-post-older-form", body: JSON.stringify({ for_user_id: usEnglish, user_has_blocked: "false", tweet_create_events: [long] }) },
  { file: "05-complaint-edited", body: activity("-2781149976877970683", "post.mention.create", us, edited, { users: [jana, own], media: [photo] }) },
  { file: "06-own-answer", body: activity("2130761390344937796", "post.create", us, answer, { users: [own] }) },
  { file: "07-older-form-everything-at-once", body: JSON.stringify(mixed).replace(/[\u0080-\uffff]/g, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0")) },
  { file: "08-direct-message", body: activity("-6850472171600526495", "dm.received", us, dm("2130765901528535096", "1795167900372", jana.id, us, "Die Seriennummer ist KX7-204-118823. Neustart hat leider nicht geholfen.", { quick_reply_response: { type: "options", metadata: "serial-number" } })) },
  { file: "09-own-direct-message", body: activity("-3577827201104920132", "dm.sent", us, dm("2130763914820927863", "1795168000704", us, jana.id, "Danke, Frau Köhler. Der Techniker kommt heute zwischen 14 und 16 Uhr.")) },
  { file: "10-encrypted-message", body: activity("8511582263942905822", "chat.received", us, sealed) },
  { file: "11-quote-of-our-answer", body: activity("4172938465017283645", "post.quote.create", us, quote, { users: [tom] }) },
  { file: "12-own-answer-deleted", body: activity("-2781149976877970111", "post.delete", us, { id: "2130000000000000012", author_id: us }, { users: [{ data: own }] }) },
  { file: "13-same-post-as-reply-event", body: activity("3091827364059182736", "post.reply.create", us, complaint, { users: [jana, own], media: [photo] }) },
  { file: "14-access-revoked", body: JSON.stringify({ data: { event_uuid: "5934540941047412905", filter: {}, event_type: "oauth.revoke", payload: { date_time: "2026-11-20T12:00:00+00:00", user_id: us, app_id: "29820954" } } }) },
  { file: "15-unknown-event", body: activity("7712345678901234567", "community.note.create", us, { id: "note-1", text: "?" }) },
  { file: "16-bad-signature", body: activity("7712345678901234568", "post.mention.create", us, { ...complaint, id: "2130000000000000999" }), secret: "another-secret" },
];

for (const seed of seeds) {
  writeFileSync(`${folder}${seed.file}.body`, seed.body);
  writeFileSync(`${folder}${seed.file}.headers`, `POST /api/hooks/x\nContent-Type: application/json; charset=utf-8\nUser-Agent: Twitterbot/1.0\nx-twitter-webhooks-signature: ${sign(seed.body, seed.secret)}\n`);
}

const token = "NzFkYzA4OWItNmI1Yy00ZjBhLWE5ZmMtZmFrZXRva2Vu";
writeFileSync(`${folder}01-handshake.body`, "");
writeFileSync(`${folder}01-handshake.headers`, `GET /api/hooks/x?crc_token=${token}&nonce=fake-nonce\nUser-Agent: Twitterbot/1.0\n`);
writeFileSync(`${folder}02-handshake-that-asks-for-a-signature.body`, "");
writeFileSync(`${folder}02-handshake-that-asks-for-a-signature.headers`, `GET /api/hooks/x?crc_token=%7B%22for_user_id%22%3A%22${us}%22%7D\nUser-Agent: curl/8.5.0\n`);
process.stdout.write(`handshake answer: {"response_token":"${sign(token)}"}\n`);
