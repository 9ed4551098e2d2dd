"use strict";

/** What went wrong, in one line. It has the status of the control API's answer, if one came. */
class RtkmockError extends Error {
  name = "RtkmockError";

  constructor(message, { status, ...options } = {}) {
    super(message, options);
    if (status !== undefined) this.status = status;
  }
}

/** Throws if an object has a member that is not among known: a misspelt one would do nothing. */
function checkMembers(verb, object, known) {
  if (object === null || typeof object !== "object" || Array.isArray(object)) {
    throw new RtkmockError(`${verb}: found ${JSON.stringify(object)}, want an object such as { ${known[0]}: … }`);
  }
  for (const name of Object.keys(object)) {
    if (!known.includes(name)) throw new RtkmockError(`${verb}: found the option ${JSON.stringify(name)}, want one of ${known.join(", ")}`);
  }
}

module.exports = { RtkmockError, checkMembers };
