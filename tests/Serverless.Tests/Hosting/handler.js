// A tiny custom handler for the tests of the host: it writes down every call and answers as answers.json tells it.
// An answer is found by the path without its query: {status, type, body, headers, chunks, die, never, start}.
const http = require('node:http');
const fs = require('node:fs');
const path = require('node:path');

const folder = process.env.HANDLER_FOLDER;
const told = () => { try { return JSON.parse(fs.readFileSync(path.join(folder, 'answers.json'), 'utf8')); } catch { return {}; } };
const note = (name, value) => fs.appendFileSync(path.join(folder, name), JSON.stringify(value) + '\n');

note('starts.jsonl', { pid: process.pid, argv: process.argv.slice(2), cwd: process.cwd(), env: process.env, session: fs.readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ')[3] });
const atStart = told().start || {};
for (const line of atStart.out || []) console.log(line);
for (const line of atStart.err || []) console.error(line);
if (atStart.exit !== undefined) process.exit(atStart.exit);

const server = http.createServer((request, response) => {
  const name = request.url.split('?')[0];
  if (name === '/') { response.statusCode = 503; response.end('not really ready, but answering'); return; }
  const parts = [];
  request.on('data', part => {
    parts.push(part);
    if (name === '/api/upload') note('parts.jsonl', part.length);
  });
  request.on('error', () => {});
  request.on('end', () => {
    note('calls.jsonl', { method: request.method, url: request.url, headers: request.headers, raw: request.rawHeaders, body: Buffer.concat(parts).toString('base64') });
    const answer = told()[name] || {};
    if (answer.die !== undefined) process.exit(answer.die);
    if (answer.never) return;
    for (const [key, value] of Object.entries(answer.headers || {})) response.setHeader(key, value);
    response.statusCode = answer.status || 200;
    if (answer.chunks) { stream(response, answer.chunks); return; }
    const type = answer.type === undefined ? 'application/json' : answer.type;
    if (type) response.setHeader('Content-Type', type);
    response.end(answer.body === undefined ? '{}' : answer.body);
  });
});

// Sends the first part, and each further one only when the test has put a file "next-N" there.
function stream(response, chunks) {
  let at = 0;
  const step = () => {
    if (at > 0 && !fs.existsSync(path.join(folder, 'next-' + at))) { setTimeout(step, 10); return; }
    response.write(chunks[at++]);
    if (at < chunks.length) step(); else response.end();
  };
  step();
}

if (!atStart.deaf) server.listen(Number(process.env.FUNCTIONS_CUSTOMHANDLER_PORT), '127.0.0.1');
else setInterval(() => {}, 1000);
