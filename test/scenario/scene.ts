import { afterEach, beforeEach } from 'vitest';
import type { Load } from './load.ts';
import { Product } from './product.ts';
import { whenClientsSend } from './words.ts';

/** The product of the test that runs, and its clients. */
export type Scene = { readonly product: Product; readonly load: Load };

/** Before every test the product, with versions of an endpoint, under load; after it neither. */
export function givenUsers(versions: Parameters<Product['givenEndpoint']>[0], rate: number): Scene {
  let scene: Scene;
  beforeEach(async () => {
    const product = await new Product().start();
    await product.givenEndpoint(versions);
    scene = { product, load: whenClientsSend(product, { rate }) };
  });
  afterEach(async () => {
    await scene.load.stop();
    await scene.product.stop();
  });
  return {
    get product() {
      return scene.product;
    },
    get load() {
      return scene.load;
    },
  };
}
