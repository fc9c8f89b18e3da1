// Reads example events as a subscriber would: the npm library `cloudevents`, strict, and the published JSON Schema.
// In: [{type, schema, example}]. Out: for each the list of what is wrong.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { CloudEvent, HTTP } from "cloudevents";

const require = createRequire(import.meta.url);
const Ajv = require("ajv/dist/2020").default;
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });

// Several types share one schema, which has one id.
const compiled = new Map();
const validatorOf = (schema) => {
  const key = JSON.stringify(schema);
  if (!compiled.has(key)) compiled.set(key, ajv.compile(schema));
  return compiled.get(key);
};

const judge = ({ type, schema, example }) => {
  const wrong = [];
  const attempt = (step) => {
    try {
      step();
    } catch (error) {
      wrong.push(`${error.message} ${JSON.stringify(error.errors ?? "")}`.replaceAll("\n", " "));
    }
  };
  attempt(() => {
    const event = new CloudEvent(example, true);
    event.validate();
    if (event.type !== type) throw new Error(`its type is ${event.type}`);
    if (event.source !== example.source || new Date(event.time).getTime() !== new Date(example.time).getTime()) throw new Error("source or time is another one");
    if (!event.data || Object.keys(event.data).length === 0) throw new Error("it says nothing");
  });
  attempt(() => HTTP.toEvent({ headers: { "content-type": "application/cloudevents+json; charset=utf-8" }, body: JSON.stringify(example) }).validate());
  const validate = validatorOf(schema);
  if (!validate(example)) wrong.push(...validate.errors.map((e) => `${e.instancePath} ${e.message}`));
  return wrong;
};

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(judge)));
