import * as http from 'node:http';
import * as https from 'node:https';

/** Agents for one request that know whether its connection ever stood. Before that, no byte of the request has left,
 *  whatever the error is called: codes alone look alike before and after (ETIMEDOUT, ECONNRESET, an abort). */
export function watchedAgents(): {
  readonly httpAgent: http.Agent;
  readonly httpsAgent: https.Agent;
  readonly connected: () => boolean;
} {
  let connected = false;
  const watch = <A extends http.Agent>(agent: A, ready: 'connect' | 'secureConnect'): A => {
    const create = agent.createConnection.bind(agent);
    agent.createConnection = (options, callback) => {
      const socket = create(options, callback);
      socket?.once(ready, () => {
        connected = true;
      });
      return socket;
    };
    return agent;
  };
  return {
    httpAgent: watch(new http.Agent(), 'connect'),
    httpsAgent: watch(new https.Agent(), 'secureConnect'),
    connected: () => connected,
  };
}
