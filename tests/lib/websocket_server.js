// SPDX-License-Identifier: Apache-2.0
// A WebSocket server, as tests/lib/websocket.py starts it: its argument is JSON. What it does is the path of the URL. Says on
// stdout its port, and then what it sees of each connection.
'use strict';
const fs = require('fs');
const http = require('http');
const https = require('https');
const { WebSocketServer } = require('ws');

const conf = JSON.parse(process.argv[2]);
const say = (what) => console.log(JSON.stringify(what));
const server = conf.cert ? https.createServer({ cert: fs.readFileSync(conf.cert), key: fs.readFileSync(conf.key) })
                         : http.createServer();

const paths = {
    '/echo': (socket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
    '/greet': (socket) => {
        socket.send('welcome to the shop');
        paths['/echo'](socket);
    },
    '/json': (socket) => socket.on('message', (data) => {
        const { op, id } = JSON.parse(data);
        socket.send(JSON.stringify({ tick: 1 }));
        socket.send(JSON.stringify({ answer: op, id, orders: [7, 8] }));
    }),
    '/fragments': (socket) => {
        socket.send('one ', { fin: false });
        socket.ping('in between');
        socket.send('two ', { fin: false });
        socket.send('three', { fin: true });
    },
    '/ticks': (socket) => {
        const timer = setInterval(() => socket.send('tick'), 5);
        socket.on('close', () => clearInterval(timer));
    },
    '/binary': (socket) => socket.send(Buffer.from([1, 2, 3, 255])),
    '/large': (socket) => socket.send('x'.repeat(300000)),
    '/silent': () => {},
    '/broken': (socket) => socket.close(1011, 'no database'),
    '/policy': (socket) => socket.on('message', () => socket.close(4401, 'who are you')),
    '/gone': (socket) => socket.terminate(),
    '/deaf': (socket) => socket.pause(),
};

const sockets = new WebSocketServer({
    noServer: true, autoPong: true,
    handleProtocols: (offered) => (offered.has('shop.v2') ? 'shop.v2' : false),
});
server.on('upgrade', (request, socket, head) => {
    const refuse = (status) => socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    socket.on('error', () => {});
    const path = request.url.split('?')[0];
    say({ url: request.url, headers: request.headers });
    if (conf.token && request.headers.authorization !== conf.token)
        refuse('401 Unauthorized');
    else if (conf.origin && request.headers.origin !== conf.origin)
        refuse('403 Forbidden');
    else if (!paths[path])
        refuse('404 Not Found');
    else
        sockets.handleUpgrade(request, socket, head, (ready) => {
            ready.on('close', (code, reason) => say({ closed: code, reason: String(reason) }));
            ready.on('ping', () => say({ ping: 1 }));
            ready.on('error', (error) => say({ error: String(error) }));
            paths[path](ready);
        });
});
server.on('request', (request, response) => response.end('a web page'));
server.listen(conf.path || 0, '127.0.0.1', () => say({ port: server.address().port || 0 }));
