/**
 * @module
 * The files of Python, as text of its worker. They are in memory; what was there from the start is read-only, and what a program adds is taken away.
 */

/** Source of `keepFiles(FS, memoryBytes)`, which returns the function that puts everything back. */
export const files: string = String.raw`
function keepFiles(FS, memoryBytes) {
  const writable = ["/tmp", "/program"];
  const refuse = (number) => () => {
    throw new FS.ErrnoError(number);
  };
  const readOnly = refuse(69);
  const roots = writable.map((path) => FS.lookupPath(path).node);

  // Each node there is gets operations of its own, which change nothing.
  const seen = new Set();
  const protect = (node) => {
    if (seen.has(node)) return;
    seen.add(node);
    const changing = ["setattr", "mknod", "rename", "unlink", "rmdir", "symlink"];
    const own = roots.includes(node) ? ["setattr"] : changing;
    node.node_ops = { ...node.node_ops };
    // When the worker started says nothing of the program.
    node.atime = node.mtime = node.ctime = 0;
    for (const name of own) if (node.node_ops[name] !== undefined) node.node_ops[name] = readOnly;
    if (FS.isFile(node.mode)) node.stream_ops = { ...node.stream_ops, write: readOnly, allocate: readOnly, msync: readOnly };
    if (node.mounted !== undefined && node.mounted !== null && node.mounted.root !== undefined) protect(node.mounted.root);
    if (FS.isDir(node.mode) && node.contents && !ArrayBuffer.isView(node.contents)) for (const child of Object.values(node.contents)) protect(child);
  };
  FS.chdir("/program");
  protect(FS.root);

  // Files lie outside the memory of Python: what is written counts all the same.
  let left = 0;
  const spend = (bytes) => {
    left -= bytes;
    if (left < 0) throw new FS.ErrnoError(51);
  };
  const { write, createNode, doTruncate, allocate } = FS;
  const limited = (stream) => FS.isFile(stream.node.mode) || FS.isFIFO(stream.node.mode);
  FS.write = (stream, buffer, offset, length, position, canOwn) => {
    if (limited(stream)) spend(length + Math.max(0, (position ?? stream.position) - (stream.node.usedBytes ?? 0)));
    return write.call(FS, stream, buffer, offset, length, position, canOwn);
  };
  FS.doTruncate = (stream, node, length) => {
    spend(length);
    return doTruncate.call(FS, stream, node, length);
  };
  FS.createNode = (...args) => {
    spend(1024);
    return createNode.apply(FS, args);
  };
  if (allocate !== undefined) FS.allocate = refuse(138);

  const streams = FS.streams.map((stream) => stream && { stream, own: { ...stream }, state: stream.shared, shared: { ...stream.shared } });
  const { currentPath, nextInode } = FS;
  const empty = (folder) => {
    for (const name of FS.readdir(folder)) {
      if (name === "." || name === "..") continue;
      const path = folder + "/" + name;
      const { mode } = FS.lstat(path);
      if (FS.isDir(mode)) {
        empty(path);
        FS.rmdir(path);
      } else FS.unlink(path);
    }
  };

  const putBack = () => {
    FS.ignorePermissions = true;
    left = Infinity;
    for (let number = 0; number < FS.streams.length; number++) {
      const stream = FS.streams[number];
      if (stream && stream !== streams[number]?.stream) FS.close(stream);
    }
    FS.streams.length = streams.length;
    streams.forEach((kept, number) => {
      if (!kept) return;
      Object.assign(kept.stream, kept.own, { shared: Object.assign(kept.state, kept.shared) });
      FS.streams[number] = kept.stream;
    });
    FS.currentPath = "/";
    for (const folder of writable) empty(folder);
    Object.assign(FS, { currentPath, nextInode, ignorePermissions: false });
    left = memoryBytes;
  };
  left = memoryBytes;
  return putBack;
}
`;
