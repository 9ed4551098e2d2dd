// Has a Worker in miniflare fetch a URL, and prints the answer.
import { Miniflare } from 'miniflare';

const mf = new Miniflare({ modules: true, scriptPath: new URL('worker.mjs', import.meta.url).pathname, compatibilityDate: '2026-04-01' });
try {
  const res = await mf.dispatchFetch(`http://localhost/?url=${encodeURIComponent(process.argv[2])}`);
  console.log(await res.text());
} finally {
  await mf.dispose();
}
