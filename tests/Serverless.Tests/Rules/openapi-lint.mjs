// Lints an OpenAPI document with all rules that Redocly recommends. In: the document. Out: its findings.
import { readFileSync } from "node:fs";
import { createConfig, lintFromString } from "@redocly/openapi-core";

const config = await createConfig({ extends: ["recommended-strict"] });
const findings = await lintFromString({ source: readFileSync(0, "utf8"), absoluteRef: "openapi.json", config });
process.stdout.write(JSON.stringify(findings.map((f) => `${f.ruleId}: ${f.message} ${f.location?.[0]?.pointer ?? ""}`)));
