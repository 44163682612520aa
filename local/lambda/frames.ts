/**
 * Messages over the pipes of an execution environment: the length in four bytes, then the JSON.
 *
 * Node's own IPC channel buffers a message of any size: a function that sends a gigabyte through
 * `process.send` would end the process that reads it.
 */

/** The pipes of the process: the first carries commands to it, the second its reports. */
export const COMMANDS_FD = 3;
export const REPORTS_FD = 4;

/**
 * The maximum length of a log line in characters, as for an event of CloudWatch Logs. A longer line
 * is split.
 */
export const MAX_LINE = 262_144;

const HEADER_BYTES = 4;

/** Encodes a message. */
export function encodeFrame(message: object): Buffer {
  const json = Buffer.from(JSON.stringify(message));
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(json.length);
  return Buffer.concat([header, json]);
}

/**
 * Creates a reader that takes chunks of any size, and passes each complete message to `onMessage`.
 * It throws a RangeError for a message of more than `maxBytes`, before buffering it, and a
 * SyntaxError for one that is not JSON.
 */
export function createFrameReader(
  maxBytes: number,
  onMessage: (message: unknown) => void,
): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let collected = 0;
  let needed = HEADER_BYTES;
  let isHeader = true;

  function takeFrame(): Buffer {
    const all = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
    const frame = all.subarray(0, needed);
    chunks = [all.subarray(needed)];
    collected -= needed;
    return frame;
  }

  return (chunk) => {
    chunks.push(chunk);
    collected += chunk.length;
    while (collected >= needed) {
      const frame = takeFrame();
      if (isHeader) {
        const length = frame.readUInt32BE();
        if (length > maxBytes)
          throw new RangeError(`Expected a message of at most ${maxBytes} bytes, got ${length}`);
        needed = length;
      } else {
        needed = HEADER_BYTES;
        onMessage(JSON.parse(frame.toString()));
      }
      isHeader = !isHeader;
    }
  };
}
