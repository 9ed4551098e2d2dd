// Has a Worker under wrangler dev fetch a URL, and prints the answer.
import { spawn } from 'node:child_process';
import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

const port = await new Promise((resolve) => {
  const server = net.createServer().listen(0, '127.0.0.1', () => { const { port } = server.address(); server.close(() => resolve(port)); });
});
const child = spawn('node_modules/.bin/wrangler', ['dev', '--port', port, '--ip', '127.0.0.1', '--inspector-port', '0'], {
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false', CI: 'true' },
});
let over = false;
child.on('exit', () => { over = true; });
for (let i = 0; i < 600 && !over; i++) {
  try {
    const res = await fetch(`http://127.0.0.1:${port}/?url=${encodeURIComponent(process.argv[2])}`);
    console.log(await res.text());
    break;
  } catch {
    await wait(100);
  }
}
child.kill();
