// The ceiling: node:http that parses a request and answers it. Plain JavaScript, so that no loader is measured.
import { createServer } from "node:http";

const [port, customer, refusal] = process.argv.slice(2);

createServer((request, response) => {
  if (request.method === "GET") return answer(response, 200, customer);
  let text = "";
  request.setEncoding("utf8");
  request.on("data", (chunk) => {
    text += chunk;
  });
  request.on("end", () => {
    if (JSON.parse(text).method === "EMAIL_INVOICE") answer(response, 200, customer);
    else answer(response, 400, refusal);
  });
}).listen(Number(port), "127.0.0.1");

function answer(response, status, text) {
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) });
  response.end(text);
}
