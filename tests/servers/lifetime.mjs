// What the servers here share: a free port, and an end.

/** Listens on a free loopback port; gives the origin. */
export async function listen(server) {
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${server.address().port}`;
}

/** Ends the process when whoever started it closes our standard input, and after ten minutes whatever happens. */
export function endWithParent() {
  process.stdin.resume().once("end", () => process.exit(0));
  setTimeout(() => process.exit(1), 10 * 60 * 1000).unref();
}
