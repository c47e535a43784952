// What the framework costs by itself: Hono that parses a request and answers it, and does nothing else.
import { serve } from "@hono/node-server";
import { Hono } from "hono";

const [port, ...answers] = process.argv.slice(2);
const [customer, refusal] = answers.map((text) => JSON.parse(text));

const app = new Hono();
app.get("/customers/:customerId", (context) => context.json(customer));
app.put("/customers/:customerId/billing", async (context) => {
  const { method } = await context.req.json();
  return method === "EMAIL_INVOICE" ? context.json(customer) : context.json(refusal, 400);
});
serve({ fetch: app.fetch, port: Number(port), hostname: "127.0.0.1" });
