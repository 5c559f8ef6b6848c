import { createServer } from 'node:http';
import { tellPort } from './tell-port.ts';

/** What stands behind a proxy under test: answers any request with one prediction. */
const PREDICTION = JSON.stringify({
  model_name: 'tumor-risk',
  model_version: '1',
  id: '1',
  outputs: [
    { name: 'label', datatype: 'INT64', shape: [1], data: [1] },
    { name: 'probabilities', datatype: 'FP32', shape: [1, 2], data: [0.25, 0.75] },
  ],
});
const HEADERS = {
  'content-type': 'application/json',
  'content-length': Buffer.byteLength(PREDICTION),
};

const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  request.on('end', () => response.writeHead(200, HEADERS).end(PREDICTION)).resume();
});
server.listen(0, '127.0.0.1', () => tellPort(server));
