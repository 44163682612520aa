/**
 * The frames of WebSocket connections, as far as needed to separate them and to read texts.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-5.2
 */

/** A frame of a connection. */
export type WebSocketFrame = {
  /** As on the wire. */
  bytes: Buffer;
  /** The text of a frame that is a whole text message. */
  text?: string;
};

const WHOLE_TEXT = 0x81;
const MASKED = 0x80;
const LENGTH_IN_2_BYTES = 126;
const LENGTH_IN_8_BYTES = 127;

/**
 * Creates a reader for one direction of a connection. It takes chunks of any size, and returns the
 * frames that are complete by then.
 */
export function createFrameReader(): (chunk: Buffer) => WebSocketFrame[] {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const frames: WebSocketFrame[] = [];
    for (let head = readHead(rest); head && head.end <= rest.length; head = readHead(rest)) {
      const bytes = rest.subarray(0, head.end);
      frames.push(bytes[0] === WHOLE_TEXT ? { bytes, text: textOf(bytes, head) } : { bytes });
      rest = rest.subarray(head.end);
    }
    return frames;
  };
}

/** Returns a client's text frame. Its mask is zero, which leaves the text as it is. */
export function clientTextFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.of(WHOLE_TEXT), maskedLength(payload.length), Buffer.alloc(4), payload]);
}

/** The offsets of a frame's parts. */
type Head = { payload: number; end: number; mask: Buffer | undefined };

function readHead(bytes: Buffer): Head | undefined {
  const second = bytes[1] ?? 0;
  const short = second & ~MASKED;
  const mask = 2 + (short === LENGTH_IN_2_BYTES ? 2 : short === LENGTH_IN_8_BYTES ? 8 : 0);
  const payload = mask + (second & MASKED ? 4 : 0);
  if (bytes.length < payload) return undefined;
  let length = short;
  if (short === LENGTH_IN_2_BYTES) length = bytes.readUInt16BE(2);
  if (short === LENGTH_IN_8_BYTES) length = Number(bytes.readBigUInt64BE(2));
  return {
    payload,
    end: payload + length,
    mask: second & MASKED ? bytes.subarray(mask, payload) : undefined,
  };
}

function textOf(bytes: Buffer, { payload, end, mask }: Head): string {
  const text = bytes.subarray(payload, end);
  return Buffer.from(mask ? text.map((byte, at) => byte ^ (mask[at % 4] ?? 0)) : text).toString();
}

function maskedLength(length: number): Buffer {
  if (length < LENGTH_IN_2_BYTES) return Buffer.of(MASKED | length);
  if (length < 2 ** 16) return Buffer.of(MASKED | LENGTH_IN_2_BYTES, length >> 8, length & 0xff);
  const bytes = Buffer.alloc(9);
  bytes[0] = MASKED | LENGTH_IN_8_BYTES;
  bytes.writeBigUInt64BE(BigInt(length), 1);
  return bytes;
}
