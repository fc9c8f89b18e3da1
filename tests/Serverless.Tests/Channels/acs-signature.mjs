// Signs a request as Azure Communication Services documents it, with Node's own crypto. In: {key, method, path, host, date, body (base64)}. Out: {hash, authorization}.
// https://learn.microsoft.com/azure/communication-services/tutorials/hmac-header-tutorial
import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";

const { key, method, path, host, date, body } = JSON.parse(readFileSync(0, "utf8"));
const hash = createHash("sha256").update(Buffer.from(body, "base64")).digest("base64");
const signature = createHmac("sha256", Buffer.from(key, "base64")).update(`${method}\n${path}\n${date};${host};${hash}`, "utf8").digest("base64");
console.log(JSON.stringify({ hash, authorization: `HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=${signature}` }));
