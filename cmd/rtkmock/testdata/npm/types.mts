// What tsc has to accept and to refuse. It is compiled, and never run.
import { connect, events, RtkmockError, start, type App, type Delivery, type Emitted, type EventType, type Meeting, type Rtkmock } from "rtkmock";

export async function use(): Promise<Delivery[]> {
  await using rtk: Rtkmock = await start({ webhook: new URL("http://127.0.0.1:3000/webhook"), events: ["meeting.ended"], timeScale: 0, seed: 7n });
  const emitted: Emitted<"meeting.ended"> = await rtk.emit("meeting.ended", { set: { "meeting.title": "Standup" } });
  const event: "meeting.ended" = emitted.payload.event;
  const meeting: Meeting = await rtk.meeting({ title: "Standup", record_on_start: true });
  const caused: EventType[] = (await meeting.join("Mary")).events;
  await meeting.leave({ custom_participant_id: "u-1" });
  await rtk.waitQuiet({ timeout: 1000 });
  await rtk.keyFault("status-500");
  await rtk.keyFault("redirect-cross-host=http://localhost:1/");
  await rtk.reset();
  await using app: App = await rtk.withInterception(["node", "server.js"], { listens: "http://localhost:3000", env: { PORT: "3000" } });
  const { code } = await app.ended;
  console.log(event, caused, code, { ...process.env, ...rtk.env() }, events.length, (await connect(process.env.RTKMOCK_CONTROL_URL)).keyUrl);
  // @ts-expect-error no such event
  await rtk.emit("meeting.begun");
  // @ts-expect-error no such option
  await start({ webhok: "http://localhost:3000" });
  // @ts-expect-error no such fault
  await rtk.keyFault("status-200");
  // @ts-expect-error a command is an array
  await rtk.run("node server.js");
  try {
    await rtk.stop();
  } catch (err) {
    if (err instanceof RtkmockError) console.log(err.status?.toFixed());
  }
  return Promise.all((await rtk.deliveries({ state: "failed" })).map((d) => rtk.delivery(d.id)));
}
