/** Refusals that callers can act on. Messages carry ids and field names, never content. */
export abstract class GatewayError extends Error {
  abstract readonly code: string;
}

/** The settings cannot be used. All problems at once, each with its path. */
export class ConfigError extends GatewayError {
  readonly code = 'config';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

export class NotFound extends GatewayError {
  readonly code = 'not-found';
}

/** Somebody else changed it first: load it again. */
export class Conflict extends GatewayError {
  readonly code = 'conflict';
}

/** It is here already. */
export class Duplicate extends GatewayError {
  readonly code = 'duplicate';
}

/** The input is wrong; `fields` says where and how. */
export class Invalid extends GatewayError {
  readonly code = 'invalid';
  readonly fields: Readonly<Record<string, string>>;
  constructor(message: string, fields: Readonly<Record<string, string>> = {}) {
    super(message);
    this.fields = fields;
  }
}

export class Denied extends GatewayError {
  readonly code = 'denied';
}

/** The disk is full: nothing was kept, and nothing is taken until there is room. Passes by itself. */
export class StorageFull extends GatewayError {
  readonly code = 'storage-full';
}

/** The disk failed while it kept something. What it says from now on cannot be believed, so nothing is taken until a
 *  new start has read back what is there. */
export class StorageBroken extends GatewayError {
  readonly code = 'storage-broken';
}

/** The store cannot be reached, or its answer was lost: what was asked of it may or may not have happened. */
export class Unavailable extends GatewayError {
  readonly code = 'unavailable';
}
