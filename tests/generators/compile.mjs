// Compiles every schema of an OpenAPI document with Ajv, strictly, and holds every example of an answer against its own.
import addFormats from "ajv-formats";
import Ajv from "ajv/dist/2020.js";
import { readFileSync } from "node:fs";

const document = JSON.parse(readFileSync(process.argv[2], "utf8"));
const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
addFormats(ajv);
for (const keyword of ["components", "x-extensible-enum", "example"]) ajv.addKeyword(keyword);

const faults = [];
let compiled = 0;
function compile(where, schema) {
  try {
    const validate = ajv.compile({ ...schema, components: document.components });
    for (const example of schema.examples ?? []) {
      if (!validate(example)) faults.push(`${where}: its example: ${ajv.errorsText(validate.errors)}`);
    }
    compiled += 1;
    return validate;
  } catch (error) {
    faults.push(`${where}: ${error.message}`);
  }
}

for (const [name, schema] of Object.entries(document.components.schemas)) compile(name, schema);
for (const [path, methods] of Object.entries(document.paths)) {
  for (const [method, operation] of Object.entries(methods)) {
    for (const parameter of operation.parameters) compile(`${method} ${path} ${parameter.name}`, parameter.schema);
    for (const [type, body] of Object.entries(operation.requestBody?.content ?? {})) {
      const validate = compile(`${method} ${path} ${type}`, body.schema);
      if (type.endsWith("json") && validate && !validate(body.example)) {
        faults.push(`${method} ${path}: its example: ${ajv.errorsText(validate.errors)}`);
      }
    }
  }
}
for (const fault of faults) console.error(fault);
console.log(`${compiled} schemas`);
process.exit(faults.length ? 1 : 0);
