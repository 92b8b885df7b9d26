import { ReadBuffers } from '../src/transfer/read-buffers';

/** Overwrites each buffer that is given back, so that a later read of it is found. */
export class PoisoningBuffers extends ReadBuffers {
  override giveBack(buffer: Buffer): void {
    buffer.fill(0xee);
    super.giveBack(buffer);
  }
}
