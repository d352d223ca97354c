// Makes one call of every kind against the server at argv[2] and prints what came back as JSON.
'use strict';
const grpc = require('@grpc/grpc-js');
const { loadProbe } = require('./probe');

const client = new (loadProbe().Probe)(process.argv[2], grpc.credentials.createInsecure());

const unary = (method, request, metadata = new grpc.Metadata(), options = {}) =>
  new Promise((resolve) => {
    const result = {};
    const call = client[method](request, metadata, options, (error, response) => {
      result.code = error ? error.code : grpc.status.OK;
      result.details = error ? error.details : '';
      result.response = response;
    });
    call.on('metadata', (headers) => (result.headers = headers.getMap()));
    // Emitted last, with the trailers.
    call.on('status', (status) => {
      result.trailers = status.metadata.getMap();
      result.bytes = (status.metadata.get('probe-bin')[0] || Buffer.alloc(0)).toString('hex');
      setImmediate(() => resolve(result));
    });
  });

const drain = (stream) =>
  new Promise((resolve, reject) => {
    const numbers = [];
    stream.on('data', (message) => numbers.push(message.number));
    stream.on('error', reject);
    stream.on('end', () => resolve(numbers));
  });

const sum = (numbers) =>
  new Promise((resolve, reject) => {
    const call = client.sum((error, response) => (error ? reject(error) : resolve(response.number)));
    numbers.forEach((number) => call.write({ number }));
    call.end();
  });

const chat = (numbers) => {
  const call = client.chat();
  const answers = drain(call);
  numbers.forEach((number) => call.write({ number }));
  call.end();
  return answers;
};

const cancelled = () =>
  new Promise((resolve) => {
    const call = client.wait({ text: 'cancelled by grpc-js' }, (error) => resolve(error.code));
    setTimeout(() => call.cancel(), 200);
  });

(async () => {
  const metadata = new grpc.Metadata();
  metadata.set('probe-text', 'from grpc-js');
  metadata.set('probe-bin', Buffer.from([0, 1, 254, 255]));
  const large = await unary('echo', { text: 'large', payload: Buffer.alloc(2 * 1024 * 1024, 7) });
  console.log(
    JSON.stringify({
      echo: await unary('echo', { text: 'halo, dünya ✓', number: -7 }, metadata),
      largeLength: large.response.payload.length,
      count: await drain(client.count({ number: 5 })),
      sum: await sum([1, 2, 3, 4]),
      chat: await chat([3, 1, 2]),
      fail: await unary('fail', { text: 'no' }),
      deadline: (await unary('wait', { text: 'deadline' }, new grpc.Metadata(), { deadline: Date.now() + 300 })).code,
      cancelled: await cancelled(),
    }),
  );
  client.close();
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
