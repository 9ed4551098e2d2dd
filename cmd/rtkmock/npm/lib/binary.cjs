"use strict";

const { existsSync, readdirSync } = require("node:fs");
const { join } = require("node:path");
const { version } = require("../package.json");

const platform = `${process.platform}-${process.arch}`;
const file = process.platform === "win32" ? "rtkmock.exe" : "rtkmock";

/**
 * Returns the path of the program for this platform. It is in this package if that was made to be installed from a
 * file, or else in a package of the platform. That has to be of the same version, since the two belong together.
 */
function binary() {
  const inside = join(__dirname, "..", "binaries");
  if (existsSync(join(inside, platform, file))) return join(inside, platform, file);
  if (existsSync(inside)) throw new Error(`found no program for ${platform}, this package has those for ${readdirSync(inside).join(", ")}`);
  const name = `@rtkmock/${platform}`;
  let found;
  try {
    found = require(`${name}/package.json`).version;
  } catch {
    throw new Error(`found no program for ${platform}, want the package ${name}: npm leaves it out with --omit=optional, or if node_modules was made on another platform`);
  }
  if (found !== version) throw new Error(`found version ${found} of ${name}, want ${version}: install rtkmock again`);
  return require.resolve(`${name}/bin/${file}`);
}

module.exports = { binary };
