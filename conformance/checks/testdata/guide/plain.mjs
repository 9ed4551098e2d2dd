async function handleEvent(event) {
switch (event.event) {
case "meeting.participantJoined":
// Update attendance records.
break;
case "recording.statusUpdate":
// Track recording state changes.
break;
default:
console.log(`Unhandled RealtimeKit event: ${event.event}`);
}
}
export default {
async fetch(request, _env, ctx) {
const url = new URL(request.url);
if (request.method !== "POST" || url.pathname !== "/webhook") {
return new Response("Not found", { status: 404 });
}
const event = await request.json();
ctx.waitUntil(handleEvent(event));
return new Response(null, { status: 200 });
},
};
