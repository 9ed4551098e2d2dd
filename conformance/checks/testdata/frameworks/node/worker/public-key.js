import { worker } from "./worker.js";

// There is no such member: the key is under data.
export default worker((document) => document.publicKey);
