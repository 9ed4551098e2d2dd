// A sender as a team writes it for itself: two threads, which sign with Node's
// crypto and post over 32 connections each. Prints deliveries a second.
//
//     node sender.mjs URL SECONDS
import crypto from 'node:crypto'
import http from 'node:http'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const threads = 2
const connections = 32

function event() {
  const at = new Date().toISOString()
  return Buffer.from(JSON.stringify({
    event: 'meeting.participantJoined',
    meeting: {
      id: crypto.randomUUID(), title: 'Quarterly markets stand-up', status: 'LIVE', createdAt: at,
      sessionId: crypto.randomUUID(), startedAt: at, organizedBy: { id: crypto.randomUUID(), name: 'Jones Inc' },
    },
    participant: { peerId: crypto.randomUUID(), userDisplayName: 'Mary Sue', customParticipantId: crypto.randomUUID(), joinedAt: at },
  }))
}

function deliver(target, key) {
  const body = event()
  const signature = crypto.sign('RSA-SHA256', body, key).toString('base64')
  return new Promise((resolve, reject) => {
    const request = http.request({
      ...target,
      headers: {
        'content-type': 'application/json', 'content-length': body.length,
        'rtk-signature': signature, 'rtk-uuid': crypto.randomUUID(), 'rtk-webhook-id': crypto.randomUUID(),
      },
    }, (response) => {
      response.on('end', resolve)
      response.resume()
    })
    request.on('error', reject)
    request.end(body)
  })
}

async function send({ url, pem, seconds }) {
  const key = crypto.createPrivateKey(pem)
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections })
  const { hostname, port, pathname } = new URL(url)
  const target = { agent, hostname, port, path: pathname, method: 'POST' }
  const end = Date.now() + seconds * 1000
  let sent = 0
  await Promise.all(Array.from({ length: connections }, async () => {
    for (; Date.now() < end; sent++) await deliver(target, key)
  }))
  agent.destroy()
  return sent
}

if (isMainThread) {
  const [url, seconds] = process.argv.slice(2)
  const { privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 })
  const data = { url, seconds: Number(seconds), pem: privateKey.export({ type: 'pkcs8', format: 'pem' }) }
  const counts = await Promise.all(Array.from({ length: threads }, () => new Promise((resolve, reject) => {
    new Worker(new URL(import.meta.url), { workerData: data }).on('message', resolve).on('error', reject)
  })))
  console.log(counts.reduce((a, b) => a + b) / data.seconds)
} else {
  parentPort.postMessage(await send(workerData))
}
