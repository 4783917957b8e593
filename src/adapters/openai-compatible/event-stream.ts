/**
 * @module
 * Server-sent events: the data of each, however the bytes were cut on their way.
 */

/**
 * Reads the data of the events of a body, in order. Leaving the loop cancels the body.
 *
 * Lines may end in LF, CRLF or CR; comments and fields other than `data` are skipped; an event that the end of the body left
 * without its empty line still counts.
 *
 * @throws whatever the body throws: the reason of an abort, or a network failure
 * @see WHATWG HTML, "Server-sent events", section 9.2.6 (interpreting an event stream). Deviation: the last event, as said above.
 */
export async function* eventStream(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  let data: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += decoder.decode(value, { stream: !done });
      // A CR that ends the piece may be half a CRLF.
      const lines = rest.split(done ? anyLineEnd : sureLineEnd);
      rest = done ? "" : (lines.pop() ?? "");
      if (done) lines.push("");
      for (const line of lines) {
        if (line === "") {
          if (data.length > 0) yield data.join("\n");
          data = [];
        } else if (line === "data" || line.startsWith("data:")) {
          data.push(line.slice(line[5] === " " ? 6 : 5));
        }
      }
      if (done) return;
    }
  } finally {
    // After the end this does nothing; before it, it frees the connection. What it says about that matters to nobody.
    reader.cancel().catch(() => undefined);
  }
}

const anyLineEnd = /\r\n|\n|\r/;
const sureLineEnd = /\r\n|\n|\r(?!$)/;
