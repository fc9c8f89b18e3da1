// Validates events against the published JSON Schema (draft 2020-12). In: {schema, events}. Out: per event the list of what is wrong.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const Ajv = require("ajv/dist/2020").default;
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
const { schema, events } = JSON.parse(readFileSync(0, "utf8"));
const validate = ajv.compile(schema);
process.stdout.write(JSON.stringify(events.map((event) => (validate(event) ? [] : validate.errors.map((e) => `${e.instancePath} ${e.message}`)))));
