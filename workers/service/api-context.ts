/** What every endpoint of the local API is given, and what it gives back. */
import type { Result } from '../contract/errors.ts';
import type { EngineCaller } from './engine-port.ts';

export interface ApiContext {
  readonly engine: EngineCaller;
  readonly request: Request;
  /** The path element where an info hash stands, unchecked; '' where the path has none. */
  readonly infoHash: string;
}

export type ApiHandler = (context: ApiContext) => Promise<Result<Response>>;
