// Serves the probe on a free port, prints the port and runs until its standard input closes.
'use strict';
const grpc = require('@grpc/grpc-js');
const { loadProbe } = require('./probe');

const server = new grpc.Server();
server.addService(loadProbe().Probe.service, {
  echo(call, callback) {
    const headers = new grpc.Metadata();
    headers.set('probe-seen', String(call.metadata.get('probe-text')[0] || ''));
    call.sendMetadata(headers);
    const trailers = new grpc.Metadata();
    trailers.set('probe-bin', call.metadata.get('probe-bin')[0] || Buffer.alloc(0));
    callback(null, call.request, trailers);
  },
  count(call) {
    for (let number = 1; number <= call.request.number; number++) call.write({ number });
    call.end();
  },
  sum(call, callback) {
    let number = 0;
    call.on('data', (message) => (number += message.number));
    call.on('end', () => callback(null, { number }));
  },
  chat(call) {
    call.on('data', (message) => call.write({ number: message.number * 10 }));
    call.on('end', () => call.end());
  },
  fail(call, callback) {
    const metadata = new grpc.Metadata();
    metadata.set('probe-reason', call.request.text);
    metadata.set('probe-bin', Buffer.from([0, 255]));
    callback({ code: grpc.status.FAILED_PRECONDITION, details: 'refused: ' + call.request.text, metadata });
  },
  // Never answers: the caller's deadline or cancellation ends the call.
  wait() {},
});

server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(port);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
