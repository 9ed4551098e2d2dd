import { receive } from "../../../receive.js";

// The body is a stream: it can be read once.
export async function POST(request) {
  const event = await request.json();
  try {
    console.log(event.event);
    return await receive(request, await request.text());
  } catch (err) {
    return Response.json({ error: err.message }, { status: 400 });
  }
}
