/** Binary messages: little-endian ink out; relayed ink and acknowledgements in. */

const CLIENT_INK = 1;
const RELAYED_INK = 2;
const ACKNOWLEDGED = 3;
const CLIENT_HEAD = 6;
const ENTRY_HEAD = 4;
const POINT = 6;

/**
 * @typedef {{seat: number, pen: number, points: number[]}} RelayEntry points are x, y, dt in turn
 * @typedef {{kind: "relay", entries: RelayEntry[]} | {kind: "ack", batch: number}} Binary
 */

/**
 * @param {number} batch
 * @param {number} pen flags of `Pen`
 * @param {ArrayLike<number>} points x, y, dt in turn
 * @returns {ArrayBuffer}
 */
export function encodeInk(batch, pen, points) {
  const buffer = new ArrayBuffer(CLIENT_HEAD + points.length * 2);
  const view = new DataView(buffer);
  view.setUint8(0, CLIENT_INK);
  view.setUint32(1, batch, true);
  view.setUint8(5, pen);
  for (let i = 0; i < points.length; i++) {
    view.setUint16(CLIENT_HEAD + i * 2, /** @type {number} */ (points[i]), true);
  }
  return buffer;
}

/**
 * The message in `buffer`, or null when it is of no known kind or ends too early: a page that is
 * older than its server must not fall over.
 * @param {ArrayBuffer} buffer
 * @returns {Binary | null}
 */
export function decode(buffer) {
  const view = new DataView(buffer);
  if (buffer.byteLength >= 5 && view.getUint8(0) === ACKNOWLEDGED) {
    return { kind: "ack", batch: view.getUint32(1, true) };
  }
  if (buffer.byteLength < 2 || view.getUint8(0) !== RELAYED_INK) return null;
  /** @type {RelayEntry[]} */
  const entries = [];
  let at = 2;
  for (let left = view.getUint8(1); left > 0; left--) {
    if (at + ENTRY_HEAD > buffer.byteLength) return null;
    const seat = view.getUint8(at);
    const pen = view.getUint8(at + 1);
    const count = view.getUint16(at + 2, true);
    at += ENTRY_HEAD;
    if (at + count * POINT > buffer.byteLength) return null;
    const points = new Array(count * 3);
    for (let i = 0; i < points.length; i++) points[i] = view.getUint16(at + i * 2, true);
    at += count * POINT;
    entries.push({ seat, pen, points });
  }
  return { kind: "relay", entries };
}
