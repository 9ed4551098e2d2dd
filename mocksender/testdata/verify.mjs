// Verifies deliveries with Node's crypto. Reads JSON lines on standard input,
// {"publicKey","signature","body"} with the body in Base64, and prints one line
// for each: true or false.
import { createVerify } from "node:crypto";
import { createInterface } from "node:readline";

for await (const line of createInterface({ input: process.stdin })) {
  const { publicKey, signature, body } = JSON.parse(line);
  const ok = createVerify("RSA-SHA256").update(Buffer.from(body, "base64")).verify(publicKey, signature, "base64");
  console.log(ok);
}
