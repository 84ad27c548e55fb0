import type { HttpServer } from '@headwater/http';
import { TweetsError } from './tweets-error.ts';

/** Starts a server; a port that is taken is told by the name of its setting. Resolves to the server's address. */
export async function listen(server: HttpServer, portVariable: string, port: number): Promise<string> {
  try {
    return (await server.listen()).url;
  } catch (error) {
    if ((error as { code?: string }).code !== 'EADDRINUSE') throw error;
    throw new TweetsError(
      'HW_TWEETS_CONFIG',
      `port ${port} is taken: give another in ${portVariable}, or 0 for any`,
      error,
    );
  }
}
