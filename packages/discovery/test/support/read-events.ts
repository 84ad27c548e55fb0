export interface ReadEvent {
  event: string;
  id: string;
  data: Record<string, unknown>;
}

/** Reads server-sent events: `next()` waits for one; `close()` hangs up. */
export async function readEvents(url: string, headers: Record<string, string> = {}) {
  const stop = new AbortController();
  const answer = await fetch(url, { headers, signal: stop.signal });
  if (answer.status !== 200) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    async next(): Promise<ReadEvent> {
      for (;;) {
        const end = text.indexOf('\n\n');
        if (end === -1) {
          const { done, value } = await reader.read();
          if (done) throw new Error('the stream has ended');
          text += value;
          continue;
        }
        const lines = text.slice(0, end).split('\n');
        text = text.slice(end + 2);
        const field = (name: string) =>
          lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? '';
        if (field('data') === '') continue;
        return { event: field('event'), id: field('id'), data: JSON.parse(field('data')) as Record<string, unknown> };
      }
    },
    close: () => stop.abort(),
  };
}
