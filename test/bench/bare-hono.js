// What the framework costs by itself: Hono that reads the body and answers one customer, and does nothing else.
import { serve } from "@hono/node-server";
import { Hono } from "hono";

const [port, answer] = process.argv.slice(2);
const customer = JSON.parse(answer);

const app = new Hono();
app.put("/customers/:customerId/billing", async (context) => {
  await context.req.json();
  return context.json(customer);
});
serve({ fetch: app.fetch, port: Number(port), hostname: "127.0.0.1" });
