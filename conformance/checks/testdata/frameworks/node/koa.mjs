// node koa.mjs raw|bodyparser
import Koa from "koa";
import bodyParser from "koa-bodyparser";
import { respond } from "./lib/respond.mjs";

const app = new Koa();
const raw = process.argv[2] === "raw";
app.silent = true;

if (!raw) app.use(bodyParser());

app.use(async (ctx) => {
  if (ctx.method !== "POST" || ctx.path !== "/webhook") return; // 404
  let body;
  if (raw) {
    const chunks = [];
    for await (const chunk of ctx.req) chunks.push(chunk);
    body = Buffer.concat(chunks);
  } else {
    body = Buffer.from(JSON.stringify(ctx.request.body));
  }
  ctx.status = await respond(body, ctx.get("rtk-signature"), ctx.get("rtk-uuid"));
  ctx.body = "";
});

app.listen(process.env.PORT, "127.0.0.1");
