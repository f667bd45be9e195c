// SPDX-License-Identifier: Apache-2.0
// A gRPC server with the official health service, as tests/lib/grpc.py starts it: its argument is JSON. Says on stdout
// its port, and then each call that came; reads from stdin what services are from now on, a JSON list a line.
'use strict';
const fs = require('fs');
const grpc = require('@grpc/grpc-js');
const { HealthImplementation } = require('grpc-health-check');

const conf = JSON.parse(process.argv[2]);
const say = (what) => console.log(JSON.stringify(what));
const health = new HealthImplementation(conf.services || {});
const server = new grpc.Server();

// Says what came with a call before the health service has it.
function watched(check) {
    return (call, callback) => {
        const initial = new grpc.Metadata();
        initial.set('x-server', 'orders-1');
        call.sendMetadata(initial);
        say({ metadata: call.metadata.getMap(), tags: call.metadata.get('x-tag'), host: call.getHost(),
              left_ms: new Date(call.getDeadline()) - Date.now() });
        if (conf.token && String(call.metadata.get('authorization')) !== `Bearer ${conf.token}`)
            callback({ code: grpc.status.UNAUTHENTICATED, details: 'no such token' });
        else if (!conf.silent)
            check(call, callback);
    };
}

if (conf.services)
    health.addToServer({
        addService: (service, handlers) => server.addService(service, { ...handlers, check: watched(handlers.check) }),
    });

function credentials() {
    if (!conf.cert)
        return grpc.ServerCredentials.createInsecure();
    const ca = conf.client_ca ? fs.readFileSync(conf.client_ca) : null;
    return grpc.ServerCredentials.createSsl(
        ca, [{ cert_chain: fs.readFileSync(conf.cert), private_key: fs.readFileSync(conf.key) }], Boolean(ca));
}

server.bindAsync(conf.listen || '127.0.0.1:0', credentials(), (error, port) => {
    if (error)
        throw error;
    say({ port });
});
require('readline').createInterface({ input: process.stdin }).on('line', (line) => health.setStatus(...JSON.parse(line)));
