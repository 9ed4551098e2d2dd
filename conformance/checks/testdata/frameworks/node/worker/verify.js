// Verifies as the guide's sample does: with WebCrypto, by a key in PEM.
const bytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

export async function verify(pem, signature, body) {
  const spki = bytes(pem.replace(/\\n/g, "").replace(/-----(BEGIN|END) PUBLIC KEY-----/g, "").replace(/\s+/g, ""));
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("spki", spki, algorithm, false, ["verify"]);
  return crypto.subtle.verify(algorithm, key, bytes(signature), body);
}
