// Posts one signed event to a deployed app, waits for its end, finds its case and closes it. Needs Node 20, no package.
//   BASE_URL=https://... FUNCTION_KEY=... GENERIC_SECRET=whsec_... node infra/smoke.mjs
// Exit code 0 only if all of it happened. FUNCTION_KEY: a host key of the app. GENERIC_SECRET: Channels--Generic--Secret of the vault.
import { createHmac, randomUUID } from 'node:crypto';

const need = name => process.env[name] || fail(`${name} is not set.`);
const fail = sentence => { console.error(sentence); process.exit(1); };
const base = need('BASE_URL').replace(/\/$/, '');
const key = need('FUNCTION_KEY');
const secret = Buffer.from(need('GENERIC_SECRET').replace(/^whsec_/, ''), 'base64');
const patience = Number(process.env.SMOKE_SECONDS ?? 180) * 1000;
const started = Date.now();

const ask = async (path, init = {}) => {
  const answer = await fetch(`${base}/${path}`, { ...init, headers: { 'x-functions-key': key, ...init.headers }, signal: AbortSignal.timeout(30_000) });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text && answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text };
};

// A cold start or a deployment that is still rolling out answers with 5xx for a moment.
const until = async (what, look) => {
  for (;;) {
    const found = await look().catch(error => ({ wait: error.message }));
    if (!found?.wait) return found;
    if (Date.now() - started > patience) fail(`${what}: not within ${patience / 1000} seconds (${found.wait}).`);
    await new Promise(resolve => setTimeout(resolve, 1000));
  }
};

const id = `smoke-${randomUUID()}`;
const event = JSON.stringify({
  specversion: '1.0', id, source: 'urn:smoke-test', type: 'contact.form.submitted.v1', time: new Date().toISOString(), datacontenttype: 'application/json',
  data: { subject: 'Smoke test after a deployment', text: 'Nobody wrote this: it is closed again by the test itself.', language: 'en', entry: 'urn:smoke-test' },
});

const delivery = await until('The event was not taken', async () => {
  const at = Math.floor(Date.now() / 1000).toString();
  const signature = createHmac('sha256', secret).update(`${id}.${at}.${event}`).digest('base64');
  const answer = await ask('api/hooks/generic', { method: 'POST', body: event, headers: { 'content-type': 'application/cloudevents+json', 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': `v1,${signature}` } });
  if (answer.status === 202 && answer.headers.get('x-delivery-id')) return answer.headers.get('x-delivery-id');
  if (answer.status >= 500 || answer.status === 429) return { wait: `answered ${answer.status}` };
  return fail(`The event was answered ${answer.status}. 404: the channel Generic is off or the code is not there. 403: the secret is another one.`);
});

const end = await until('The delivery has no end', async () => {
  const answer = await ask(`api/operations/deliveries/generic/${delivery}`);
  if (answer.status === 401) fail('The function key is wrong.');
  return answer.status === 200 && answer.body.end !== 'open' ? answer.body : { wait: `answered ${answer.status}` };
});
if (end.end !== 'ended' || !['case', 'joined'].includes(end.ends[0])) fail(`The delivery ended as ${end.end} ${end.ends}, not as a case.`);

const found = await until('The case is not listed', async () => {
  let continuation = '';
  for (let page = 0; page < 100; page++) {
    const list = await ask(`api/cases?top=100${continuation && `&continuation=${encodeURIComponent(continuation)}`}`);
    if (list.status !== 200) return { wait: `answered ${list.status}` };
    for (const one of list.body.cases.filter(c => Date.parse(c.openedAt) > started - 600_000)) {
      const file = await ask(`api/cases/${one.id}`);
      if (file.status === 200 && file.body.contacts.some(c => c.deliveries.includes(`generic/${delivery}`))) return one;
    }
    continuation = list.body.continuation ?? '';
    if (!continuation) break;
  }
  return { wait: 'no case holds the delivery' };
});

const closed = await ask(`api/cases/${found.id}/close`, { method: 'POST', body: '{"cause":"smoke test"}', headers: { 'content-type': 'application/json' } });
if (closed.status >= 300) fail(`The case was found, but closing it was answered ${closed.status}.`);
console.log(JSON.stringify({ delivery, case: found.id, number: found.number, owner: found.owner, milliseconds: Date.now() - started }));
