// Before the resource group goes: takes our addresses away at the providers, so that they stop calling an address that is nobody's.
//   BASE_URL=https://... node infra/teardown.mjs          says what it would do
//   BASE_URL=https://... node infra/teardown.mjs --do     does it
// Credentials come from the environment, each provider is left out whose are not set:
//   TELEGRAM_BOT_TOKEN (several with commas) · TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN · META_APP_ID, META_APP_SECRET · GRAPH_TOKEN · X_BEARER_TOKEN
//   DISCOURSE_URL, DISCOURSE_API_KEY, DISCOURSE_API_USERNAME (an admin's) · VONAGE_API_KEY, VONAGE_API_SECRET, VONAGE_APPLICATION_ID · SIPGATE_TOKEN_ID, SIPGATE_TOKEN
// Only what leads to BASE_URL is touched. Needs Node 20, no package.
import { readFileSync } from 'node:fs';

const base = process.env.BASE_URL?.replace(/\/$/, '');
if (!base) { console.error('BASE_URL is not set.'); process.exit(1); }
const really = process.argv.includes('--do');
const env = process.env;
const api = (name, real) => env[`${name}_API_URL`] ?? real;
const ours = url => url === base || url?.startsWith(`${base}/`);
let failed = 0;

const call = async (url, init = {}) => {
  const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(30_000) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${init.method ?? 'GET'} was answered ${answer.status}`);
  return text ? JSON.parse(text) : null;
};
const json = (method, value, headers = {}) => ({ method, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(value) });
const basic = (name, secret) => ({ authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}` });
const act = async (sentence, deed) => {
  console.log(`${really ? '' : 'would: '}${sentence}`);
  if (really) await deed();
};

// By the name of the channel.
const providers = {
  // https://core.telegram.org/bots/api#deletewebhook
  Telegram: env.TELEGRAM_BOT_TOKEN && (async () => {
    for (const token of env.TELEGRAM_BOT_TOKEN.split(',')) {
      const bot = `${api('TELEGRAM', 'https://api.telegram.org')}/bot${token.trim()}`;
      const { result } = await call(`${bot}/getWebhookInfo`);
      if (ours(result.url)) await act(`Telegram: delete the webhook of bot ${token.split(':')[0]}`, () => call(`${bot}/deleteWebhook`, { method: 'POST' }));
    }
  }),
  // https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
  Twilio: env.TWILIO_ACCOUNT_SID && env.TWILIO_AUTH_TOKEN && (async () => {
    const root = api('TWILIO', 'https://api.twilio.com');
    const headers = basic(env.TWILIO_ACCOUNT_SID, env.TWILIO_AUTH_TOKEN);
    const fields = { voice_url: 'VoiceUrl', voice_fallback_url: 'VoiceFallbackUrl', status_callback: 'StatusCallback', sms_url: 'SmsUrl', sms_fallback_url: 'SmsFallbackUrl' };
    for (let page = `/2010-04-01/Accounts/${env.TWILIO_ACCOUNT_SID}/IncomingPhoneNumbers.json?PageSize=100`; page;) {
      const list = await call(root + page, { headers });
      for (const number of list.incoming_phone_numbers) {
        const clear = Object.entries(fields).filter(([field]) => ours(number[field]));
        if (clear.length === 0) continue;
        await act(`Twilio: clear ${clear.map(([, name]) => name).join(', ')} of ${number.sid}`, () => call(`${root}/2010-04-01/Accounts/${env.TWILIO_ACCOUNT_SID}/IncomingPhoneNumbers/${number.sid}.json`,
          { method: 'POST', headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams(clear.map(([, name]) => [name, ''])).toString() }));
      }
      page = list.next_page_uri;
    }
  }),
  // https://developers.facebook.com/docs/graph-api/reference/app/subscriptions
  Meta: env.META_APP_ID && env.META_APP_SECRET && (async () => {
    const app = `${api('META', 'https://graph.facebook.com')}/${env.META_APP_ID}/subscriptions`;
    const headers = { authorization: `Bearer ${env.META_APP_ID}|${env.META_APP_SECRET}` };
    for (const one of (await call(app, { headers })).data.filter(s => ours(s.callback_url)))
      await act(`Meta: delete the subscription of ${one.object}`, () => call(`${app}?object=${encodeURIComponent(one.object)}`, { method: 'DELETE', headers }));
  }),
  // https://learn.microsoft.com/graph/api/subscription-delete. The token must be the app's own: a subscription belongs to who made it.
  Email: env.GRAPH_TOKEN && (async () => {
    const headers = { authorization: `Bearer ${env.GRAPH_TOKEN}` };
    for (let page = `${api('GRAPH', 'https://graph.microsoft.com')}/v1.0/subscriptions`; page;) {
      const list = await call(page, { headers });
      for (const one of list.value.filter(s => ours(s.notificationUrl)))
        await act(`Microsoft Graph: delete subscription ${one.id}`, () => call(`${api('GRAPH', 'https://graph.microsoft.com')}/v1.0/subscriptions/${one.id}`, { method: 'DELETE', headers }));
      page = list['@odata.nextLink'];
    }
  }),
  // https://docs.x.com/x-api/activity/deletes-x-activity-subscription, https://docs.x.com/x-api/webhooks/introduction
  X: env.X_BEARER_TOKEN && (async () => {
    const root = api('X', 'https://api.x.com');
    const headers = { authorization: `Bearer ${env.X_BEARER_TOKEN}` };
    const webhooks = ((await call(`${root}/2/webhooks`, { headers })).data ?? []).filter(w => ours(w.url)).map(w => w.id);
    for (let page = webhooks.length > 0 ? '/2/activity/subscriptions?max_results=1000' : null; page;) {
      const list = await call(root + page, { headers });
      for (const one of (list.data ?? []).filter(s => webhooks.includes(s.webhook_id)))
        await act(`X: delete subscription ${one.subscription_id}`, () => call(`${root}/2/activity/subscriptions/${one.subscription_id}`, { method: 'DELETE', headers }));
      page = list.meta?.next_token && `/2/activity/subscriptions?max_results=1000&pagination_token=${encodeURIComponent(list.meta.next_token)}`;
    }
    for (const id of webhooks) await act(`X: delete webhook ${id}`, () => call(`${root}/2/webhooks/${id}`, { method: 'DELETE', headers }));
  }),
  // https://github.com/discourse/discourse/blob/main/app/controllers/admin/web_hooks_controller.rb
  Discourse: env.DISCOURSE_URL && env.DISCOURSE_API_KEY && (async () => {
    const root = `${env.DISCOURSE_URL.replace(/\/$/, '')}/admin/api/web_hooks`;
    const headers = { 'api-key': env.DISCOURSE_API_KEY, 'api-username': env.DISCOURSE_API_USERNAME ?? 'system', accept: 'application/json' };
    const all = [];
    for (let offset = 0; offset === all.length; offset += 50) all.push(...(await call(`${root}.json?limit=50&offset=${offset}`, { headers })).web_hooks);
    for (const one of all.filter(h => ours(h.payload_url?.trim()))) await act(`Discourse: delete webhook ${one.id}`, () => call(`${root}/${one.id}.json`, { method: 'DELETE', headers }));
  }),
  // https://developer.vonage.com/en/api/application.v2: a capability that is left out is taken away, so only one that is all ours is.
  Vonage: env.VONAGE_API_KEY && env.VONAGE_API_SECRET && env.VONAGE_APPLICATION_ID && (async () => {
    const url = `${api('VONAGE', 'https://api.nexmo.com')}/v2/applications/${env.VONAGE_APPLICATION_ID}`;
    const headers = basic(env.VONAGE_API_KEY, env.VONAGE_API_SECRET);
    const { id, _links, ...application } = await call(url, { headers });
    const addresses = capability => Object.values(capability?.webhooks ?? {}).map(w => w.address).filter(Boolean);
    const clear = ['voice', 'messages'].filter(c => addresses(application.capabilities?.[c]).some(ours));
    const whole = clear.filter(c => addresses(application.capabilities[c]).every(ours));
    for (const one of clear.filter(c => !whole.includes(c))) console.log(`Vonage: ${one} leads here and elsewhere; change it by hand (dashboard, application).`);
    if (whole.length === 0) return;
    for (const one of whole) delete application.capabilities[one];
    await act(`Vonage: take ${whole.join(' and ')} from the application`, () => call(url, json('PUT', application, headers)));
  }),
  // https://github.com/sipgate-io/sipgateio-node/blob/master/lib/webhook-settings/webhookSettings.ts
  Sipgate: env.SIPGATE_TOKEN_ID && env.SIPGATE_TOKEN && (async () => {
    const url = `${api('SIPGATE', 'https://api.sipgate.com/v2')}/settings/sipgateio`;
    const headers = basic(env.SIPGATE_TOKEN_ID, env.SIPGATE_TOKEN);
    const settings = await call(url, { headers });
    const clear = ['incomingUrl', 'outgoingUrl'].filter(name => ours(settings[name]));
    if (clear.length > 0) await act(`sipgate: clear ${clear.join(', ')}`, () => call(url, json('PUT', { ...settings, ...Object.fromEntries(clear.map(name => [name, ''])) }, headers)));
  }),
};

for (const [name, look] of Object.entries(providers)) {
  if (!look) { console.log(`${name}: left out, its credentials are not set`); continue; }
  try { await look(); } catch (error) { failed++; console.error(`${name}: ${error.message}`); }
}
// What no API takes away: channels.json says it, channel by channel.
const channels = JSON.parse(readFileSync(new URL('./channels.json', import.meta.url), 'utf8'));
console.log('By hand, where you used them:');
for (const [name, { byHand }] of Object.entries(channels).filter(([, channel]) => channel.byHand)) console.log(`  ${name}: ${byHand}`);
console.log('  People: Teams workflows. A number that lost its address here rings nobody: give it another one before.');
process.exit(failed ? 1 : 0);
