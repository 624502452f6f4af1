// A folder as a zip whose bytes depend on its files alone: sorted names, one fixed time, and nothing deflated, since
// every version of zlib packs in a way of its own.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** 1 January 1980, the first day that the format knows. */
const DATE = 0x21;

export function zipped(folder) {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1).replaceAll("\\", "/"))
    .sort();
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const name of names) {
    const content = readFileSync(join(folder, name));
    const title = Buffer.from(name, "utf8");
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(0x0800, 2);
    shared.writeUInt16LE(0, 4);
    shared.writeUInt16LE(0, 6);
    shared.writeUInt16LE(DATE, 8);
    shared.writeUInt32LE(crc32(content), 10);
    shared.writeUInt32LE(content.length, 14);
    shared.writeUInt32LE(content.length, 18);
    shared.writeUInt16LE(title.length, 22);
    parts.push(Buffer.from("PK\x03\x04", "latin1"), shared, title, content);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.from("PK\x01\x02\x14\x00", "latin1"), shared, tail, title);
    offset += 4 + shared.length + title.length + content.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(names.length, 4);
  end.writeUInt16LE(names.length, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, listed, Buffer.from("PK\x05\x06", "latin1"), end]);
}

/** The checksum of the zip format (ISO 3309), which zlib of Node 20 does not offer by itself. */
const TABLE = Uint32Array.from({ length: 256 }, (_, value) => {
  let left = value;
  for (let bit = 0; bit < 8; bit += 1) left = left & 1 ? (left >>> 1) ^ 0xedb88320 : left >>> 1;
  return left;
});

function crc32(bytes) {
  let left = 0xffffffff;
  for (const byte of bytes) left = (left >>> 8) ^ TABLE[(left ^ byte) & 0xff];
  return (left ^ 0xffffffff) >>> 0;
}
