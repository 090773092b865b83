/** Asks the server's own code, so that both ends of the wire are held to the same bytes. */

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { rootFolder } from "./fixtures.js";

const own = fileURLToPath(new URL(".venv/bin/python", rootFolder));
const python = process.env.PYTHON ?? (existsSync(own) ? own : "python3");

/**
 * What the Python `program` prints, read as JSON.
 * @param {string} program
 */
export function ask(program) {
  const printed = execFileSync(python, ["-c", program], {
    cwd: fileURLToPath(rootFolder),
    encoding: "utf8",
  });
  return JSON.parse(printed);
}

/** @param {string} hex */
export const bytes = (hex) => {
  const from = Buffer.from(hex, "hex");
  return from.buffer.slice(from.byteOffset, from.byteOffset + from.byteLength);
};

/** @param {ArrayBuffer} buffer */
export const hex = (buffer) => Buffer.from(buffer).toString("hex");
