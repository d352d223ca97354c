'use strict';
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

// The definition lies next to this folder: the same file that the .NET stubs are generated from.
exports.loadProbe = () =>
  grpc.loadPackageDefinition(loader.loadSync(`${__dirname}/../Rpc/probe.proto`)).crm.registry.tests;
