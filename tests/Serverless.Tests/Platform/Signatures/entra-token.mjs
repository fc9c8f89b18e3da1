// Makes tokens as Entra ID issues them, with the npm library `jsonwebtoken`. In: {tokens: [{claims, key: "a"|"b"|"tenant", kid?, alg?, secret?}]}.
// Out: {keys: JSON Web Key Set with "a" and "tenant" (which signs for one tenant alone), tokens: [compact form]}.
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import jwt from "jsonwebtoken";

const input = JSON.parse(readFileSync(0, "utf8"));
const pairs = Object.fromEntries(["a", "b", "tenant"].map((name) => [name, generateKeyPairSync("rsa", { modulusLength: 2048 })]));
const jwk = (name, issuer) => ({ ...pairs[name].publicKey.export({ format: "jwk" }), kid: `key-${name}`, use: "sig", issuer });

const sign = ({ claims, key, kid, alg = "RS256", secret }) =>
  jwt.sign(claims, alg === "none" ? null : (secret ?? pairs[key].privateKey), { algorithm: alg, noTimestamp: true, header: { kid: kid ?? `key-${key}`, typ: "JWT" } });

console.log(JSON.stringify({
  keys: { keys: [jwk("a", "https://login.microsoftonline.com/{tenantid}/v2.0"), jwk("tenant", "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0")] },
  tokens: input.tokens.map(sign),
}));
