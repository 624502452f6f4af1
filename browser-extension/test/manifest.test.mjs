// The manifests as they were agreed. Whoever needs more of a browser changes these files too, and says why.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { manifest } from "../manifest.mjs";
import { zipped } from "../zip.mjs";

for (const browser of ["chrome", "firefox"]) {
  test(`P16: the manifest for ${browser} is the one that was agreed`, () => {
    const golden = JSON.parse(readFileSync(`${process.cwd()}/test/golden/manifest-${browser}.json`, "utf8"));
    assert.deepEqual(manifest({ browser, origin: "https://cashback.example:8443", version: "0.1.0" }), golden);
  });
}

test("P17: a zip has the same bytes whenever it is made, and holds what was put in", () => {
  const folder = mkdtempSync(join(tmpdir(), "zip-"));
  writeFileSync(join(folder, "b.txt"), "two");
  writeFileSync(join(folder, "a.txt"), "one");
  const first = zipped(folder);
  utimesSync(join(folder, "a.txt"), 1, 1);
  assert.deepEqual(zipped(folder), first);
  writeFileSync(join(folder, "a.txt"), "onE");
  assert.notDeepEqual(zipped(folder), first);
  assert.ok(first.indexOf("a.txt") < first.indexOf("b.txt"));
  rmSync(folder, { recursive: true });
});
