// The same for CommonJS.
import rtkmock = require("rtkmock");

export const started: Promise<rtkmock.Rtkmock> = rtkmock.start();
export const types: rtkmock.EventType[] = rtkmock.events;
// @ts-expect-error no such option
rtkmock.start({ port: 3000 });
