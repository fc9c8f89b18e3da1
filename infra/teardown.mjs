// Before the resource group goes: takes our addresses away at the providers, so that they stop calling an address that is nobody's.
//   BASE_URL=https://... node infra/teardown.mjs          says what it would do
//   BASE_URL=https://... node infra/teardown.mjs --do     does it
// Credentials come from the environment, each provider is left out whose are not set:
//   TELEGRAM_BOT_TOKEN · TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN · META_APP_ID, META_APP_SECRET · GRAPH_TOKEN
// Only what leads to BASE_URL is touched. Needs Node 20, no package.
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
const act = async (sentence, deed) => {
  console.log(`${really ? '' : 'would: '}${sentence}`);
  if (really) await deed();
};

const providers = {
  // https://core.telegram.org/bots/api#deletewebhook
  Telegram: env.TELEGRAM_BOT_TOKEN && (async () => {
    const bot = `${api('TELEGRAM', 'https://api.telegram.org')}/bot${env.TELEGRAM_BOT_TOKEN}`;
    const { result } = await call(`${bot}/getWebhookInfo`);
    if (ours(result.url)) await act('Telegram: delete the webhook', () => call(`${bot}/deleteWebhook`, { method: 'POST' }));
  }),
  // https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
  Twilio: env.TWILIO_ACCOUNT_SID && env.TWILIO_AUTH_TOKEN && (async () => {
    const root = api('TWILIO', 'https://api.twilio.com');
    const headers = { authorization: `Basic ${Buffer.from(`${env.TWILIO_ACCOUNT_SID}:${env.TWILIO_AUTH_TOKEN}`).toString('base64')}` };
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
  'Microsoft Graph': env.GRAPH_TOKEN && (async () => {
    const headers = { authorization: `Bearer ${env.GRAPH_TOKEN}` };
    for (let page = `${api('GRAPH', 'https://graph.microsoft.com')}/v1.0/subscriptions`; page;) {
      const list = await call(page, { headers });
      for (const one of list.value.filter(s => ours(s.notificationUrl)))
        await act(`Microsoft Graph: delete subscription ${one.id}`, () => call(`${api('GRAPH', 'https://graph.microsoft.com')}/v1.0/subscriptions/${one.id}`, { method: 'DELETE', headers }));
      page = list['@odata.nextLink'];
    }
  }),
};

for (const [name, look] of Object.entries(providers)) {
  if (!look) { console.log(`${name}: left out, its credentials are not set`); continue; }
  try { await look(); } catch (error) { failed++; console.error(`${name}: ${error.message}`); }
}
console.log('By hand, where you used them: X (developer portal, webhooks), Discourse (admin, API, webhooks), Vonage (dashboard, application), sipgate and Placetel (web portal, webhooks), senders of the generic door.');
process.exit(failed ? 1 : 0);
