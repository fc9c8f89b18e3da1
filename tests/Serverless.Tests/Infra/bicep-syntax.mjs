// Parses templates with the tree-sitter grammar of Bicep. In: [{ path, text }]. Out: [sentence for each place that does not parse].
import { createRequire } from 'node:module';
import { Language, Parser } from 'web-tree-sitter';

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const files = JSON.parse(Buffer.concat(chunks).toString('utf8'));

await Parser.init();
const parser = new Parser();
parser.setLanguage(await Language.load(createRequire(import.meta.url).resolve('tree-sitter-bicep/tree-sitter-bicep.wasm')));

const problems = [];
const look = (node, path) => {
  if (node.type === 'ERROR' || node.isMissing) problems.push(`${path}:${node.startPosition.row + 1}:${node.startPosition.column + 1} does not parse: ${node.text.slice(0, 60)}`);
  else if (node.hasError) for (const child of node.children) look(child, path);
};
for (const { path, text } of files) {
  // The grammar knows templates only; in a parameter file an assignment has no type.
  const template = path.endsWith('.bicepparam') ? text.replace(/^param /gm, 'var ') : text;
  look(parser.parse(template).rootNode, path);
}
console.log(JSON.stringify(problems));
