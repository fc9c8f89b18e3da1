// Makes and reads CloudEvents with the npm library `cloudevents`. In: {make: [attributes and data], read: [{headers, body}]}.
// Out: {make: [{structured: {headers, body}, binary: {headers, body}}], read: [event, or {error}]}.
import { readFileSync } from "node:fs";
import { CloudEvent, HTTP } from "cloudevents";

const input = JSON.parse(readFileSync(0, "utf8"));

const read = (message) => {
  try {
    const event = HTTP.toEvent(message);
    return Array.isArray(event) ? event.map((e) => e.toJSON()) : event.toJSON();
  } catch (error) {
    return { error: String(error) };
  }
};

process.stdout.write(JSON.stringify({
  make: (input.make ?? []).map((attributes) => {
    const event = new CloudEvent(attributes);
    return { structured: HTTP.structured(event), binary: HTTP.binary(event) };
  }),
  read: (input.read ?? []).map(read),
}));
