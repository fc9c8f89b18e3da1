// Judges answers by the OpenAPI document (JSON Schema draft 2020-12), and tells operations of which no answer was seen.
// In: {openapi, answers: [{operation: "get /api/cases", status: 200, json}]}. Out: {wrong: [...], unseen: [...]}.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const Ajv = require("ajv/dist/2020").default;
const formats = require("ajv-formats").default ?? require("ajv-formats");
const { openapi, answers } = JSON.parse(readFileSync(0, "utf8"));

// What a schema does not name must not be there either: a document that is silent about a member is not true.
const close = (node) => {
  if (Array.isArray(node)) node.forEach(close);
  else if (node && typeof node === "object") {
    if (node.properties && node.additionalProperties === undefined) node.additionalProperties = false;
    Object.values(node).forEach(close);
  }
};
close(openapi.components.schemas);

const ajv = new Ajv({ strict: false, allErrors: true });
formats(ajv);
ajv.addSchema(openapi, "openapi");
const validators = new Map();
const schemaOf = (operation, status) => {
  const [method, path] = operation.split(" ");
  const found = openapi.paths[path]?.[method]?.responses[status];
  const response = found?.$ref ? openapi.components.responses[found.$ref.split("/").at(-1)] : found;
  const content = response?.content ?? {};
  return { known: response !== undefined, ref: (content["application/json"] ?? content["application/problem+json"])?.schema?.$ref };
};

const seen = new Set();
const wrong = [];
for (const { operation, status, json } of answers) {
  const { known, ref } = schemaOf(operation, status);
  if (!known) wrong.push(`${operation}: ${status} is not in the document`);
  if (!ref) continue;
  seen.add(`${operation} ${status}`);
  if (!validators.has(ref)) validators.set(ref, ajv.compile({ $ref: `openapi${ref}` }));
  const validate = validators.get(ref);
  if (validate(json)) continue;
  wrong.push(...validate.errors.map((e) => `${operation} ${status}: ${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`));
}

const unseen = Object.entries(openapi.paths).flatMap(([path, item]) => Object.entries(item).flatMap(([method, operation]) =>
  Object.keys(operation.responses ?? {}).filter((status) => status < "300" && schemaOf(`${method} ${path}`, status).ref)
    .map((status) => `${method} ${path} ${status}`)));
process.stdout.write(JSON.stringify({ wrong: [...new Set(wrong)], unseen: unseen.filter((one) => !seen.has(one)) }));
