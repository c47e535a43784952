// The ceiling: node:http that reads the body and answers one customer. Plain JavaScript, so that no loader is measured.
import { createServer } from "node:http";

const [port, answer] = process.argv.slice(2);

createServer((request, response) => {
  let text = "";
  request.setEncoding("utf8");
  request.on("data", (chunk) => {
    text += chunk;
  });
  request.on("end", () => {
    JSON.parse(text);
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(answer) });
    response.end(answer);
  });
}).listen(Number(port), "127.0.0.1");
