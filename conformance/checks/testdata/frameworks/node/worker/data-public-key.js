import { worker } from "./worker.js";

export default worker((document) => document.data.publicKey);
