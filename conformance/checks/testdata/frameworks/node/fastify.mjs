// node fastify.mjs buffer|default-parser
import Fastify from "fastify";
import { respond } from "./lib/respond.mjs";

const app = Fastify();
const raw = process.argv[2] === "buffer";

if (raw) {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
}

app.post("/webhook", async (request, reply) => {
  const body = raw ? (request.body ?? Buffer.alloc(0)) : Buffer.from(JSON.stringify(request.body));
  const status = await respond(body, request.headers["rtk-signature"], request.headers["rtk-uuid"]);
  return reply.code(status).send();
});

await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
