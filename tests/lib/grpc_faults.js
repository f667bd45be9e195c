// SPDX-License-Identifier: Apache-2.0
// Something that speaks HTTP/2 and, by the name of the service that is asked for, gets gRPC wrong in one way. Says its
// port on stdout.
'use strict';
const http2 = require('http2');

const SERVING = Buffer.from([0, 0, 0, 0, 2, 8, 1]);
const GRPC = { ':status': 200, 'content-type': 'application/grpc' };

// Answers with headers and a body, then trailers unless there are none.
function answer(stream, body, trailers, headers = GRPC) {
    stream.respond(headers, { waitForTrailers: Boolean(trailers) });
    if (trailers)
        stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    stream.end(body);
}
const status = (code, more) => ({ 'grpc-status': String(code), ...more });

const faults = {
    good: (s) => answer(s, SERVING, status(0)),
    unknown_fields: (s) => answer(s, Buffer.from([0, 0, 0, 0, 6, 0x12, 2, 65, 66, 8, 1]), status(0)),
    no_status: (s) => answer(s, SERVING, null),
    trailers_without_status: (s) => answer(s, SERVING, { 'x-other': '1' }),
    only_trailers: (s) => s.respond({ ...GRPC, ...status(8, { 'grpc-message': 'too%20many%20%E2%82%AC' }) },
                                    { endStream: true }),
    status_text: (s) => answer(s, SERVING, status('fine')),
    status_beyond: (s) => answer(s, SERVING, status(99)),
    no_message: (s) => answer(s, Buffer.alloc(0), status(0)),
    empty_message: (s) => answer(s, Buffer.from([0, 0, 0, 0, 0]), status(0)),
    future: (s) => answer(s, Buffer.from([0, 0, 0, 0, 2, 8, 9]), status(0)),
    service_unknown: (s) => answer(s, Buffer.from([0, 0, 0, 0, 2, 8, 3]), status(0)),
    compressed: (s) => answer(s, Buffer.from([1, 0, 0, 0, 2, 8, 1]), status(0)),
    cut_message: (s) => answer(s, Buffer.from([0, 0, 0, 0, 9, 8, 1]), status(0)),
    two_messages: (s) => answer(s, Buffer.concat([SERVING, SERVING]), status(0)),
    bad_message: (s) => answer(s, Buffer.from([0, 0, 0, 0, 2, 0xff, 0xff]), status(0)),
    huge: (s) => answer(s, Buffer.alloc(1 << 20), status(0)),
    html: (s) => answer(s, '<h1>welcome</h1>', null, { ':status': 200, 'content-type': 'text/html' }),
    bad_gateway: (s) => answer(s, 'no', null, { ':status': 502, 'content-type': 'text/plain' }),
    not_allowed: (s) => answer(s, '', null, { ':status': 403 }),
    denied: (s) => answer(s, '', status(7, { 'grpc-message': 'not for you' })),
    unavailable: (s) => answer(s, '', status(14, { 'grpc-message': 'starting' })),
    gave_up: (s) => answer(s, '', status(4)),
    refused: (s) => s.close(http2.constants.NGHTTP2_REFUSED_STREAM),
    broken_off: (s) => { s.respond(GRPC); s.write(SERVING.subarray(0, 3)); setImmediate(() => s.close(2)); },
    goaway: (s) => s.session.goaway(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM) || s.session.destroy(),
    half: (s) => { s.respond(GRPC); s.write(SERVING.subarray(0, 3)); },
    endless: (s) => { s.respond(GRPC); const more = () => s.write(Buffer.alloc(16384), (error) => error || more()); more(); },
};

const server = http2.createServer();
server.on('stream', (stream) => {
    const parts = [];
    stream.on('error', () => {});
    stream.on('data', (part) => parts.push(part));
    stream.on('end', () => faults[Buffer.concat(parts).subarray(7).toString()](stream));
});
server.on('session', (session) => session.on('error', () => {}));
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
