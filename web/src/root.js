/** Where this page is mounted: "/" or a sub-path, told by the address this module came from. */

export const ROOT = new URL("../../", import.meta.url).pathname;

/** @param {string} code */
export const inviteLink = (code) => `${location.origin}${ROOT}r/${code}`;

/** @param {string} game */
export const replayLink = (game) => `${location.origin}${ROOT}replay/${game}`;

/**
 * The invite link as a QR code. Only the page knows the whole address it is reached at.
 * @param {string} code
 */
export const codePicture = (code) =>
  `${ROOT}api/rooms/${code}/qr.svg?link=${encodeURIComponent(inviteLink(code))}`;

/** @param {string} code */
export const socketAddress = (code) =>
  `${location.origin.replace(/^http/, "ws")}${ROOT}api/rooms/${code}/ws`;
