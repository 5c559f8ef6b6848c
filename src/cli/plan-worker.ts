// A thread of `plan`: plays the portions it is sent.
import { parentPort, workerData } from 'node:worker_threads';
import { playPortion } from '../core/plan/play.ts';
import type { PlanRequest, Portion } from '../core/plan/play.ts';

const request = workerData as PlanRequest;

parentPort?.on('message', (portion: Portion) => {
  parentPort?.postMessage(playPortion(request, portion));
});
