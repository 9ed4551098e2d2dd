export { start, connect, RtkmockError, events } from "./index.cjs";
